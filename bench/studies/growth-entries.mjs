import { growingStores } from './growing-stores.mjs';
import { nextTurn, now } from './now.mjs';

const OPERATIONS_PER_LOOK = 500;

const FILLED_AT_ONCE = 5000;

/** How many indices are drawn beforehand. */
const DRAWN = 2 ** 20;

/** A process that holds one store with so many entries. Small ones: with 1 KB each, a million would not fit everywhere. */
export async function prepare(_name, { store, entries }) {
  const { get, set, setMany, end } = await growingStores[store](entries);
  const keys = Array.from({ length: entries }, (_, index) => `city:${index}`);
  for (let start = 0; start < entries; start += FILLED_AT_ONCE) {
    const part = keys.slice(start, start + FILLED_AT_ONCE);
    await setMany(part.map((key, at) => [key, { id: start + at }]));
  }
  const order = Uint32Array.from({ length: DRAWN }, () => Math.floor(Math.random() * entries));
  let drawn = 0;
  const nextIndex = () => order[drawn++ % DRAWN];

  async function hit() {
    const index = nextIndex();
    const value = await get(keys[index]);
    if (value.id !== index) throw new Error(`${keys[index]} is ${value.id}.`);
  }
  async function replace() {
    const index = nextIndex();
    await set(keys[index], { id: index });
  }
  return {
    /** Operations per second. */
    hits: (time) => speedOf(hit, time),
    sets: (time) => speedOf(replace, time),
    end,
  };
}

/** Does an operation again and again for so many milliseconds, and lets the event loop turn now and then. */
async function speedOf(operation, time) {
  const began = now();
  const end = began + time * 1000;
  let done = 0;
  let at = began;
  while (at < end) {
    for (let left = OPERATIONS_PER_LOOK; left > 0; left--) await operation();
    done += OPERATIONS_PER_LOOK;
    await nextTurn();
    at = now();
  }
  return (done / (at - began)) * 1e6;
}
