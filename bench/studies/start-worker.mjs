import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** How long a process has to end by itself, in milliseconds. */
const ENDS_WITHIN = 5000;

/**
 * Starts a process for one contestant of a study, and waits until it is ready. It ends with this process.
 *
 * @param study the url of a module whose `prepare(name, context)` comes to the methods that can be called, and maybe `end()`
 * @param context what `prepare` is told, as JSON
 * @param execArgv options of node
 */
export async function startWorker(study, name, context = {}, execArgv = []) {
  const child = fork(PROGRAM, [study, name, JSON.stringify(context)], { execArgv });
  const awaited = new Map();
  let last = 0;
  const answerOf = (id) =>
    new Promise((resolve, reject) => {
      awaited.set(id, { resolve, reject });
    });
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = awaited.get(id);
    awaited.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`${name}: ${error}`));
  });
  child.once('exit', (code, signal) => {
    const lost = new Error(`The process of ${name} has ended with ${code ?? signal}`);
    for (const { reject } of awaited.values()) reject(lost);
  });
  await answerOf(0);
  return {
    /** Calls a method of the contestant with one argument, as JSON, and comes to what it answers. */
    call(method, argument) {
      const id = ++last;
      const answer = answerOf(id);
      child.send({ id, method, argument }, (error) => {
        if (error) awaited.get(id)?.reject(new Error(`${name} is lost`, { cause: error }));
      });
      return answer;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN);
      child.disconnect();
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Starts processes, calls `use` with them, and ends them whatever comes of it. */
export async function withWorkers(starts, use) {
  const started = await Promise.allSettled(starts);
  const workers = started.filter(({ value }) => value !== undefined).map(({ value }) => value);
  try {
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await use(workers);
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
