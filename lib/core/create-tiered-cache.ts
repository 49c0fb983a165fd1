import { randomInt } from 'node:crypto';
import { types } from 'node:util';
import { LocalLog } from '../bus/local/local-log.js';
import type { CacheBackend } from '../contract/cache-backend.js';
import { checkOptionNames, checkWholeNumber } from '../contract/check-options.js';
import { systemClock, type Clock } from '../contract/clock.js';
import type { Codec } from '../contract/codec.js';
import { CacheTierError, InvalidOptionError } from '../contract/errors.js';
import type { InvalidationBus } from '../contract/invalidation-bus.js';
import { quote } from '../contract/quote.js';
import type { BackendSource, TierDefinition } from '../contract/tier-definition.js';
import { JsonCodec } from '../codecs/json.codec.js';
import { buildTiers, checkTiers, type ResolvedTier } from './tiers/build-tiers.js';
import { CacheParts } from './cache-parts.js';
import { assertCodec, assertFunction, assertMethods } from './check-arguments.js';
import {
  assertBus,
  checkCoherenceOptions,
  coherenceSettings,
  type CoherenceOptions,
} from './coherence/coherence-options.js';
import type { CopyMode } from './copy.js';
import { GuardedBus } from './tiers/guarded-bus.js';
import { assertNamespace, KeySpace } from './key-space.js';
import { defaultPolicy } from './keep-policy.js';
import { LOAD_POLICY_OPTIONS, loadPolicy, type LoadPolicyOptions } from './loading/load-policy.js';
import { DEFAULT_TTL, parseTtl, type Ttl } from './parse-ttl.js';
import type { Tier } from './tiers/tier.js';
import { TieredCache } from './tiered-cache.js';

/**
 * How the cache works, whatever its tiers.
 *
 * @publicApi
 */
export interface CacheOptions extends LoadPolicyOptions {
  /**
   * What the keys in shared backends begin with, so that two applications on one Redis do not meet: 1 to 64
   * of the characters A-Z, a-z, 0-9, '_', '.', '-'. Default: `default`.
   */
  readonly namespace?: string;
  /** How long values are kept when a call does not say: milliseconds, '5m', or a strategy. Default: 5 minutes. */
  readonly ttl?: Ttl;
  /**
   * How many loads run at a time; the others wait in the order in which they came. A load that is asked for inside
   * another needs no place. Default: as many as there are.
   */
  readonly maxConcurrentLoads?: number;
  /** How long `close` waits for loads that are under way, in milliseconds. Default: 5000. */
  readonly drainTimeout?: number;
  /**
   * What keeps callers that share a value from changing it for each other: `freeze` deep-freezes plain data,
   * `clone` gives each caller a copy, `none` trusts them. Default: `freeze`.
   */
  readonly copy?: CopyMode;
  /** How values become bytes in tiers that need them. Default: `JsonCodec`. */
  readonly codec?: Codec;
  /** How far memory is trusted where other instances invalidate, and by what they agree. */
  readonly coherence?: CoherenceOptions;
  /** The longest key, in characters. Default: 1024. */
  readonly maxKeyLength?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** A number from 0 to below 1; draws which hits are promoted. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * The options of a cache that is used without Nest.
 *
 * @publicApi
 */
export interface TieredCacheOptions extends CacheOptions {
  /** The tiers, nearest to the caller first. */
  readonly tiers: readonly TierDefinition[];
}

/** The names of the options of `CacheOptions`. */
export const CACHE_OPTIONS = [
  'namespace',
  'ttl',
  ...Object.keys(LOAD_POLICY_OPTIONS),
  'maxConcurrentLoads',
  'drainTimeout',
  'copy',
  'codec',
  'coherence',
  'maxKeyLength',
  'clock',
  'random',
] as const;

const DEFAULT_MAX_KEY_LENGTH = 1024;
const DEFAULT_DRAIN_TIMEOUT = 5000;

/** What `randomInt` can draw from. */
const MAX_EPOCH = 2 ** 48 - 1;

const COPY_MODES: readonly CopyMode[] = ['freeze', 'clone', 'none'];

/**
 * Makes a cache without Nest. It opens nothing: the first use connects, and so does `healthCheck()`.
 *
 * @throws InvalidOptionError and InvalidTtlError, naming the option and what would be right
 * @publicApi
 */
export function createTieredCache(options: TieredCacheOptions): TieredCache {
  checkOptionNames(options, [...CACHE_OPTIONS, 'tiers'], '');
  checkCacheOptions(options);
  checkTiers(options.tiers);
  const { clock = systemClock } = options;
  return assembleCache(
    options,
    options.tiers.map((definition, index) => ({
      definition,
      backend: makeBackend(definition.source, clock, `tiers[${index}]`),
    })),
  );
}

/**
 * @internal Refuses options that no cache can have, before anything is made.
 *
 * @throws InvalidOptionError and InvalidTtlError
 */
export function checkCacheOptions(options: CacheOptions): void {
  const { namespace, ttl, copy, maxKeyLength, clock, codec, random } = options;
  if (namespace !== undefined) assertNamespace(namespace, 'namespace');
  if (ttl !== undefined) parseTtl(ttl, 'ttl');
  loadPolicy(options);
  checkWholeNumber(options.maxConcurrentLoads, 1, 'maxConcurrentLoads');
  checkWholeNumber(options.drainTimeout, 0, 'drainTimeout');
  checkWholeNumber(maxKeyLength, 1, 'maxKeyLength');
  if (clock !== undefined) assertMethods(clock, ['now', 'wallTime', 'setTimer'], 'clock');
  if (codec !== undefined) assertCodec(codec, 'codec');
  checkCoherenceOptions(options.coherence);
  if (random !== undefined) assertFunction(random, 'random');
  if (copy !== undefined && !COPY_MODES.includes(copy)) {
    throw new InvalidOptionError('copy', `is one of ${COPY_MODES.join(', ')}; got ${quote(copy)}`);
  }
}

/** @internal Makes a cache of options that have been checked and backends that have been made. */
export function assembleCache(
  options: CacheOptions,
  resolved: readonly ResolvedTier[],
): TieredCache {
  const { namespace = 'default', clock = systemClock, random = Math.random } = options;
  const {
    codec = new JsonCodec(),
    copy = 'freeze',
    maxKeyLength = DEFAULT_MAX_KEY_LENGTH,
  } = options;
  const tiers = buildTiers(resolved, { root: namespace, codec, clock, copy });
  const shared = sharedBus(options, resolved, tiers);
  const parts = new CacheParts(tiers, {
    bus: shared ?? localBus(clock),
    ownsBus: options.coherence?.bus === undefined,
    coherence: coherenceSettings(options.coherence, shared !== undefined),
    name: namespace,
    clock,
    random,
    copy,
    defaults: defaultPolicy(loadPolicy(options), parseTtl(options.ttl ?? DEFAULT_TTL, 'ttl')),
    maxConcurrentLoads: options.maxConcurrentLoads,
    drainTimeout: options.drainTimeout ?? DEFAULT_DRAIN_TIMEOUT,
  });
  return new TieredCache(parts, new KeySpace('', maxKeyLength));
}

/** The bus by which instances agree, where there is one: the given one, or that of the first tier that has one. */
function sharedBus(
  { namespace = 'default', clock = systemClock, coherence }: CacheOptions,
  resolved: readonly ResolvedTier[],
  tiers: readonly Tier[],
): InvalidationBus | undefined {
  if (coherence?.bus !== undefined) return coherence.bus;
  const { staleness } = coherenceSettings(coherence, true);
  for (const [index, { definition, backend }] of resolved.entries()) {
    const bus = definition.bus?.(backend, { clock, namespace, staleness });
    const tier = tiers[index];
    if (bus === undefined) continue;
    assertBus(bus, `tiers[${index}].bus`);
    return tier === undefined ? bus : new GuardedBus(bus, tier);
  }
  return undefined;
}

/** A bus of this process. No other process has its epoch, so that what others have stored is told from its own. */
function localBus(clock: Clock): InvalidationBus {
  return new LocalLog(clock, randomInt(1, MAX_EPOCH)).endpoint('local');
}

/** The backend of a source that needs no container. */
function makeBackend(source: BackendSource, clock: Clock, path: string): CacheBackend {
  let backend: CacheBackend | undefined;
  try {
    backend = makeAlone(source, clock);
  } catch (error) {
    if (error instanceof CacheTierError) throw error;
    throw new InvalidOptionError(path, 'its backend cannot be made', { cause: error });
  }
  if (backend !== undefined) return backend;
  throw new InvalidOptionError(
    path,
    'useExisting, inject and asynchronous factories need a Nest container: use useValue here',
  );
}

function makeAlone(source: BackendSource, clock: Clock): CacheBackend | undefined {
  if ('create' in source) return source.create({ clock });
  if ('useValue' in source) return source.useValue;
  if ('useClass' in source) return new source.useClass();
  if (!('useFactory' in source) || source.inject !== undefined) return undefined;
  const backend = source.useFactory();
  if (!types.isPromise(backend)) return backend;
  // Nobody will wait for it.
  backend.catch(() => undefined);
  return undefined;
}
