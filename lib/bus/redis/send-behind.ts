import { RedisScript } from '../../backends/redis/redis-script.js';

/** More steps than lie between an answer and the end of the promise that depends on it. */
const STEPS = 50;

/**
 * Carries out `send` behind work that was sent before on the same connection, without waiting for its answer.
 * Answers come in the order of the commands. If the one to the work is still missing when the one to `send`
 * has come, or a script had to be sent a second time meanwhile (it may be the work's, and its answer may have
 * come in one breath with the one to `send`), then `send` is carried out again, after the work.
 *
 * @param after work whose commands were sent before this is called
 */
export async function sendBehind<T>(
  after: PromiseLike<unknown>,
  send: () => Promise<T>,
): Promise<T> {
  const work = Promise.resolve(after);
  const state = { isDone: false };
  // Its failure is told below, unless `send` fails as well.
  work.then(
    () => (state.isDone = true),
    () => undefined,
  );
  const { resent } = RedisScript;
  const answer = await send();
  // Nothing can arrive while promises settle, so these steps are taken for what has arrived already.
  for (let step = 0; step < STEPS && !state.isDone; step++) await Promise.resolve();
  if (state.isDone && RedisScript.resent === resent) return answer;
  await work;
  return send();
}
