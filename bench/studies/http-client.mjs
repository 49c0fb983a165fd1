import autocannon from 'autocannon';
import { makeObject } from '../data/objects.mjs';
import { now } from './now.mjs';

const CONNECTIONS = 32;
const IDS = 16;

/** How often autocannon looks whether it has ended, in milliseconds. */
const SAMPLE_EVERY = 20;

/** A process that asks servers, and is the same for all of them. */
export function prepare() {
  return { ask };
}

/**
 * Asks a server for the 16 objects by turns until `amount` requests are answered, 32 at a time, and checks every answer.
 *
 * @returns how long it took, in microseconds
 */
async function ask({ url, amount }) {
  let wrong = 0;
  const requests = Array.from({ length: IDS }, (_, id) => {
    const expected = JSON.stringify(makeObject(id));
    return {
      path: `/cities/${id}`,
      onResponse(status, body) {
        if (status !== 200 || body !== expected) wrong++;
      },
    };
  });
  const run = autocannon({
    url,
    amount,
    requests,
    connections: CONNECTIONS,
    sampleInt: SAMPLE_EVERY,
  });
  let began;
  let ended;
  run.on('start', () => {
    began = now();
  });
  run.on('response', () => {
    ended = now();
  });
  const { errors, timeouts, '2xx': answered } = await run;
  if (wrong > 0 || errors > 0 || timeouts > 0 || answered < amount) {
    throw new Error(`${wrong} wrong answers, ${errors} errors, ${answered} of ${amount} answered`);
  }
  return ended - began;
}
