import type { Keyv } from 'keyv';

/** Whether the store of a Keyv takes many keys at once. Keyv itself would ask for each, and swallow their errors. */
export function canBatch({ store }: Keyv): boolean {
  return ['getMany', 'setMany', 'deleteMany'].every((name) => isFunction(store, name));
}

/**
 * Goes through the keys of a Keyv as they are stored; `undefined` where its store cannot. The iterator of Keyv is not
 * used: it reads every value, and fails over one that ends meanwhile.
 */
export function storedKeys({ store }: Keyv): (() => AsyncIterable<unknown>) | undefined {
  const given: unknown = store;
  if (given instanceof Map) return () => keysOfMap(given);
  if (!isFunction(given, 'iterator')) return undefined;
  const iterable = given as { iterator(namespace?: unknown): AsyncIterable<unknown> };
  return async function* () {
    // It may be changed by who shares the adapter.
    const entries = iterable.iterator(Reflect.get(iterable, 'namespace'));
    for await (const entry of entries) yield Array.isArray(entry) ? entry[0] : undefined;
  };
}

async function* keysOfMap(map: ReadonlyMap<unknown, unknown>): AsyncGenerator {
  yield* map.keys();
}

function isFunction(store: unknown, name: string): boolean {
  return (
    typeof store === 'object' && store !== null && typeof Reflect.get(store, name) === 'function'
  );
}
