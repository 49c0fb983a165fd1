import { makeObject } from '../data/objects.mjs';
import { nextTurn } from './now.mjs';
import { stores } from './stores.mjs';

/** A process that holds one store. */
export async function prepare(name) {
  return { bytesPerEntry: (entries) => bytesPerEntry(stores[name], entries) };
}

/** How much more is in use after a store was filled, and read, than before it was made, for each of its entries. */
async function bytesPerEntry(open, entries) {
  // What the code itself needs is there before: it is compiled, and the first objects have been made.
  const small = await open(100);
  await fill(small, 100);
  await small.end?.();

  const before = await bytesInUse();
  const store = await open(entries);
  await fill(store, entries);
  const after = await bytesInUse();
  // Only now may any of it go.
  await readAll(store, entries);
  await store.end?.();
  return (after - before) / entries;
}

async function fill(store, entries) {
  for (let index = 0; index < entries; index++) await store.set(keyOf(index), objectOf(index));
  await readAll(store, entries);
}

async function readAll(store, entries) {
  for (let index = 0; index < entries; index++) {
    const value = await store.get(keyOf(index));
    if (value?.id !== index) throw new Error(`Entry ${index} is ${value?.id}.`);
  }
}

/** A key, and an object of 1 KB as JSON, as they come from elsewhere: with strings of their own. */
const keyOf = (index) => `city:${index}`;
const objectOf = (index) => JSON.parse(JSON.stringify(makeObject(index)));

async function bytesInUse() {
  // What ends in later turns, such as timers that were called off, ends now.
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn();
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
