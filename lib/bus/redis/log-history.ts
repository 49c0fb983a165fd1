import type { Stamp } from '../../contract/entry.js';
import type { Invalidation } from '../../contract/invalidation-bus.js';
import { decodeEntry, entryPlace, type EntryPlace } from './bus-message.js';

/** How many entries are read in one step: few, because they may be large, and others wait meanwhile. */
const STEP = 200;

/** Reads at most `count` entries of the log, the newest first, from that with the id `end` on; '+' is the newest. */
export type ReadBack = (end: string, count: number) => Promise<readonly unknown[]>;

/** All that the log holds, in its order, but what cannot be understood. */
export async function readAll(readBack: ReadBack): Promise<readonly Invalidation[]> {
  const found: Invalidation[] = [];
  for await (const { entry } of backwards(readBack)) {
    const invalidation = decodeEntry(entry);
    if (invalidation !== undefined) found.push(invalidation);
  }
  return found.toReversed();
}

/**
 * What the log holds after `since`, in its order, but what cannot be understood; `undefined` when the log does
 * not reach back to it, or has begun another epoch after it.
 */
export async function readSince(
  readBack: ReadBack,
  since: Stamp,
): Promise<readonly Invalidation[] | undefined> {
  const found: Invalidation[] = [];
  let oldest: number | undefined;
  for await (const { place, entry } of backwards(readBack)) {
    const { epoch = since.epoch, position = Infinity } = place;
    if (epoch > since.epoch) return undefined;
    if (epoch < since.epoch || position <= since.position) break;
    oldest = place.position ?? oldest;
    const invalidation = decodeEntry(entry);
    if (invalidation !== undefined) found.push(invalidation);
  }
  return oldest === since.position + 1 ? found.toReversed() : undefined;
}

interface Reached {
  readonly place: EntryPlace;
  readonly entry: unknown;
}

async function* backwards(readBack: ReadBack): AsyncGenerator<Reached> {
  let end = '+';
  let isFull = true;
  while (isFull) {
    const entries = await readBack(end, STEP + 1);
    const from = end;
    isFull = entries.length > STEP;
    for (const entry of entries) {
      const place = entryPlace(entry);
      // A step begins with the last entry of the one before, unless that has been trimmed.
      if (place === undefined || place.id === from) continue;
      end = place.id;
      yield { place, entry };
    }
  }
}
