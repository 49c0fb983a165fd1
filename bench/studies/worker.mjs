// A process of a study: prepares one contestant by the study's module, tells that it is ready, and does what it is told.
const [, , study, name, context] = process.argv;

/** How long a contestant has to end by itself, in milliseconds. */
const ENDS_WITHIN = 3000;

let methods;
process.once('disconnect', () => void end());
const { prepare } = await import(study);
methods = await prepare(name, JSON.parse(context));
process.on('message', (message) => void answer(message));
send({ id: 0 });

async function answer({ id, method, argument }) {
  try {
    send({ id, value: await methods[method](argument) });
  } catch (error) {
    send({ id, error: String(error?.stack ?? error) });
  }
}

/** Nobody waits for it any more where the process is about to end. */
function send(message) {
  process.send(message, () => undefined);
}

async function end() {
  setTimeout(() => process.exit(1), ENDS_WITHIN);
  try {
    await methods?.end?.();
  } finally {
    process.exit();
  }
}
