import { indexOf, keys } from '../data/objects.mjs';

const HALF = 50;

/** How many entries memory holds: the keys of a batch that come again have long been evicted when they do. */
export const MEMORY = 1000;

/** Keys that are in every batch: memory has them. */
export const hot = keys.slice(0, HALF);

/** Keys which come by turns, 50 in a batch: memory has them no more. */
export const cold = keys.slice(HALF);

/** The keys of a batch: those in memory, and between them 50 of `others`, or 50 that have never been asked for. */
export function batchOf(index, others) {
  return hot.flatMap((key, at) => {
    const next = index * HALF + at;
    return [key, others ? others[next % others.length] : `city:${keys.length + next}`];
  });
}

/** @throws where the values are not those of the keys, in whatever order */
export function checkBatch(values, batch) {
  let count = 0;
  let difference = 0;
  for (const value of values instanceof Map ? values.values() : values) {
    count += 1;
    difference += value.id;
  }
  for (const key of batch) difference -= indexOf(key);
  if (count !== batch.length || difference !== 0) {
    throw new Error(`${batch.length} values were asked for, ${count} came, or others`);
  }
}
