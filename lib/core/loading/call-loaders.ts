import type { LoadMany } from '../batch-engine.js';
import type { BatchLoader, Loader } from '../call-options.js';
import { assertFunction, assertSettled, pairsOf } from '../check-arguments.js';
import { keyParts } from '../key-space.js';
import { BatchLoadContext, LoadContext } from './load-context.js';
import type { Load } from './loads.js';

/**
 * A loader with its context, as the engine calls it.
 *
 * @param give makes of a value that is kept what a caller may have
 * @throws InvalidOptionError
 */
export function callLoader<T>(key: string, loader: Loader<T>, give: (value: T) => T): Load {
  assertFunction(loader, 'loader');
  return async ({ previous, abort }) => {
    const before = previous && { ...previous.validators, value: give(previous.value as T) };
    const context = new LoadContext(key, before, abort);
    const value = await loader(context);
    const { ttl, staleFor, tags, validators } = context;
    const unchanged = context.isUnchanged && value === before?.value ? previous : undefined;
    return {
      value: unchanged === undefined ? value : unchanged.value,
      ttl,
      staleFor,
      tags: tags ?? unchanged?.tags,
      validators: validators ?? unchanged?.validators,
      isUnchanged: unchanged !== undefined,
    };
  };
}

/** The same for many keys; what the answer holds beside them is let go. @throws InvalidOptionError */
export function callBatchLoader<T>(loadMissing: BatchLoader<T>): LoadMany {
  assertFunction(loadMissing, 'loadMissing');
  return async (internals, abort) => {
    const keys = internals.map((internal) => keyParts(internal).key);
    const answer = new Map<unknown, unknown>();
    const context = new BatchLoadContext(abort);
    for (const [key, value] of pairsOf(await loadMissing(keys, context), 'loadMissing()')) {
      assertSettled(value, 'loadMissing()');
      answer.set(key, value);
    }
    return new Map(internals.map((internal, index) => [internal, answer.get(keys[index] ?? '')]));
  };
}
