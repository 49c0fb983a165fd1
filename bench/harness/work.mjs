import { setImmediate as nextTurn } from 'node:timers/promises';
import { zipfOrder } from '../data/zipf.mjs';
import { KEYS } from '../data/objects.mjs';

/**
 * How long calls may follow one another within a turn of the event loop, in milliseconds: those that are answered at
 * once would else keep timers and sockets waiting for the whole round, as no real process does.
 */
const TURN_TIME = 5;

/**
 * What has a contestant work: a function that calls it until a point in time, with as many calls under way as the
 * scenario says, checks every answer, and answers how many calls were answered.
 */
export function worker(scenario, call) {
  const { concurrency, callsPerLook, check = checkId } = scenario;
  const nextIndex = scenario.indices ? scenario.indices() : zipfIndices(KEYS);

  return async (end) => {
    const counts = await Promise.all(Array.from({ length: concurrency }, () => lane(end)));
    return counts.reduce((sum, count) => sum + count, 0);
  };

  /** One call after another; looks at the clock after so many, for reading it takes time as well. */
  async function lane(end) {
    let answered = 0;
    let now = performance.now();
    let turned = now;
    do {
      for (let i = 0; i < callsPerLook; i++) {
        const index = nextIndex();
        check(await call(index), index);
      }
      answered += callsPerLook;
      now = performance.now();
      if (now - turned >= TURN_TIME) {
        await nextTurn();
        turned = now = performance.now();
      }
    } while (now < end);
    return answered;
  }
}

/** Indices below `count`, drawn by Zipf's law. */
export function zipfIndices(count) {
  const order = zipfOrder(count, 2 ** 18);
  let next = 0;
  return () => order[next++ % order.length];
}

/** Indices below `count`, one after another, and from the beginning again. */
export function indicesByTurns(count) {
  let next = 0;
  return () => next++ % count;
}

function checkId(value, index) {
  if (value?.id !== index) {
    throw new Error(`Object ${index} was asked for, ${value?.id} came.`);
  }
}
