import { zipfOrder } from '../data/zipf.mjs';
import { KEYS } from '../data/objects.mjs';

const ORDER = zipfOrder(KEYS, 2 ** 18);

let next = 0;

/**
 * Calls until a point in time, with as many calls under way as the scenario says, and checks every answer.
 *
 * @returns how many calls were answered
 */
export async function work({ concurrency, callsPerLook }, call, end) {
  const lanes = Array.from({ length: concurrency }, () => lane(call, callsPerLook, end));
  const counts = await Promise.all(lanes);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One call after another; looks at the clock after so many, for reading it takes time as well. */
async function lane(call, callsPerLook, end) {
  let answered = 0;
  do {
    for (let i = 0; i < callsPerLook; i++) {
      const index = ORDER[next++ % ORDER.length];
      const value = await call(index);
      if (value.id !== index) throw new Error(`Object ${index} was asked for, ${value.id} came.`);
    }
    answered += callsPerLook;
  } while (performance.now() < end);
  return answered;
}
