import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('contestant.mjs', import.meta.url));

/** Starts the process of one contestant, and waits until it is ready to be measured. */
export async function startContestant(scenario, name, redisUrl = '') {
  const child = fork(PROGRAM, [scenario, name, redisUrl]);
  const lost = new Promise((_resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`${name} has ended with ${code} in ${scenario}`));
    });
  });
  lost.catch(() => undefined);
  const answer = async () => (await Promise.race([once(child, 'message'), lost]))[0];
  await answer();
  return {
    /** Has it work for so many milliseconds. */
    measure(time) {
      child.send({ time });
      return answer();
    },
    async end() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
