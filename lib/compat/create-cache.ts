import { Keyv } from 'keyv';
import { keyvTier } from '../backends/keyv/keyv-tier.js';
import type { KeyvStore } from '../backends/keyv/keyv-options.js';
import { memoryTier } from '../backends/memory/memory-tier.js';
import { InvalidTtlError } from '../contract/errors.js';
import type { TierDefinition } from '../contract/tier-definition.js';
import { createTieredCache } from '../core/create-tiered-cache.js';
import { parseTtl, type Ttl } from '../core/parse-ttl.js';
import type { Cache } from './cache.js';
import type { CacheManagerOptions, StorePair } from './cache-options.js';
import { toTtl } from './endless.js';
import { LenientJsonCodec } from './lenient-json.codec.js';
import { TieredCacheManager } from './tiered-cache-manager.js';

/**
 * A cache as that of cache-manager 7: in memory, or in stores of Keyv, which end with it. Values are not frozen, and
 * instances of classes are taken. Without a `ttl` values have no end.
 *
 * @throws InvalidOptionError when a store is none, InvalidTtlError
 * @publicApi
 */
export function createCache(options: CacheManagerOptions = {}): Cache {
  const stores = storesOf(options);
  const ttl = options.ttl ?? stores.map(ttlOf).find((found) => found !== undefined);
  const cache = createTieredCache({
    tiers:
      stores.length === 0
        ? [memoryTier()]
        : stores.map((store, index) => tierOf(store, index, options)),
    ttl: toTtl(ttl ?? 0),
    copy: 'none',
    codec: new LenientJsonCodec(),
  });
  return new TieredCacheManager(cache, options);
}

function storesOf({ stores, namespace }: CacheManagerOptions): KeyvStore[] {
  if (stores === undefined || stores === null) return [];
  const given = Array.isArray(stores)
    ? (stores as KeyvStore[])
    : isPair(stores)
      ? pair(stores)
      : [stores as KeyvStore];
  return given.map((store) =>
    namespace === undefined || 'hooks' in store ? store : new Keyv({ store, namespace }),
  );
}

function isPair(stores: object): stores is StorePair {
  return 'primary' in stores && 'secondary' in stores;
}

function pair({ primary, secondary }: StorePair): KeyvStore[] {
  return secondary === undefined ? [primary] : [primary, secondary];
}

function tierOf(
  store: KeyvStore,
  index: number,
  { nonBlocking }: CacheManagerOptions,
): TierDefinition {
  const name = index === 0 ? 'primary' : `secondary-${index - 1}`;
  const writeMode = nonBlocking === true ? 'background' : 'await';
  return keyvTier({ store: () => store, exclusive: true, name, writeMode });
}

/** How long a store says that it keeps what is given no ttl: Keyv itself, or its adapter. */
function ttlOf(store: KeyvStore): number | undefined {
  const adapter: unknown = Reflect.get(store, 'store');
  const said = [store, adapter].map((holder) => Reflect.get(Object(holder), 'ttl') as unknown);
  for (const ttl of said) {
    try {
      if (typeof ttl === 'number' || typeof ttl === 'string') return parseTtl(ttl as Ttl, 'ttl');
    } catch (error) {
      if (!(error instanceof InvalidTtlError)) throw error;
    }
  }
  return undefined;
}
