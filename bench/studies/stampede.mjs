import { setTimeout as sleep } from 'node:timers/promises';
import { makeObject } from '../data/objects.mjs';
import { readers } from './readers.mjs';
import { sleepingProbe, spinningProbe } from './loop-probe.mjs';
import { now } from './now.mjs';

const LOAD_TIME = 50;

/** One process of a stampede. */
export async function prepare(name, context) {
  const loads = { count: 0, time: 0 };
  const load = async () => {
    loads.count++;
    await sleep(loads.time);
    return makeObject(7);
  };
  const { read, end } = await readers[name]({ ...context, load });
  return { stampede: (order) => stampede(read, loads, order), end };
}

/**
 * Has so many callers ask for one key in one turn of the event loop, and waits for all of them.
 *
 * @returns how many loads there were, when it began and ended (µs), and for how long the event loop was blocked (ms)
 */
async function stampede(read, loads, { key, callers, beginAt = 0, spin, loadTime = LOAD_TIME }) {
  loads.count = 0;
  loads.time = loadTime;
  const probe = spin ? spinningProbe() : sleepingProbe();
  await sleep(Math.max(2, (beginAt - now()) / 1000));
  const began = now();
  const values = await Promise.all(Array.from({ length: callers }, () => read(key)));
  const ended = now();
  const blocked = await probe.stop();
  if (values.some((value) => value?.id !== 7)) throw new Error('A caller got a wrong answer.');
  return { loads: loads.count, began, ended, blocked };
}
