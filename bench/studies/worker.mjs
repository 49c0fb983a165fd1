// A process of a study: prepares one contestant by the study's module, tells that it is ready, and does what it is told.
const [, , study, name, context] = process.argv;
const { prepare } = await import(study);
const methods = await prepare(name, JSON.parse(context));

process.on('message', (message) => void answer(message));
process.once('disconnect', () => void end());
process.send({ id: 0 });

async function answer({ id, method, argument }) {
  try {
    process.send({ id, value: await methods[method](argument) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
}

async function end() {
  try {
    await methods.end?.();
  } finally {
    process.exit();
  }
}
