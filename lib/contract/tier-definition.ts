import type { CacheBackend } from './cache-backend.js';
import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import type { InvalidationBus } from './invalidation-bus.js';
import type { CompressionOptions, EncryptionOptions } from './sealing-options.js';

/** A class that can be constructed; what Nest calls a `Type`. */
// The arguments are the container's business; `never[]` accepts any constructor without `any`.
export type Constructor<T> = new (...args: never[]) => T;

/** What a tier's backend is given by the cache that it serves. */
export interface BackendContext {
  readonly clock: Clock;
}

/** What a tier's bus is given by the cache that it serves. */
export interface BusContext {
  readonly clock: Clock;
  /** Of the cache: what keeps its invalidations apart from those of others. */
  readonly namespace: string;
  /** How old the proof may become that nothing is missing, in milliseconds. */
  readonly staleness: number;
}

/**
 * Where a tier's backend comes from. `create` is this library's own; the other four are Nest's provider
 * forms. A backend given as `useValue` or `useExisting` is not closed with the cache: who made it closes it.
 */
export type BackendSource =
  | {
      readonly create: (context: BackendContext) => CacheBackend;
      /** Looks for the packages that the backend needs: a missing one is told at the start. */
      readonly prepare?: () => Promise<unknown>;
    }
  | { readonly useValue: CacheBackend }
  | { readonly useClass: Constructor<CacheBackend> }
  | { readonly useExisting: unknown }
  | {
      readonly useFactory: (...args: never[]) => CacheBackend | Promise<CacheBackend>;
      readonly inject?: readonly unknown[];
    };

/** The usual settings of the first to the fourth tier. */
export type TierPreset = 'l1' | 'l2' | 'l3' | 'l4';

/**
 * When a tier's backend is no longer asked, because it fails.
 *
 * @publicApi
 */
export interface BreakerPolicy {
  /** So many failures in a row open the breaker: calls are refused from then on. Default: 5. */
  readonly failures?: number;
  /** While it is open, the backend's health is checked this often, in milliseconds. Default: 250. */
  readonly probeEvery?: number;
}

/**
 * How a tier is used.
 *
 * @publicApi
 */
export interface TierPolicy {
  /** The tier's name in stats, health, events and errors. Default: the backend's. Unique in a cache. */
  readonly name?: string;
  /**
   * Settings by position: `l1` (scale 1, no promotion), `l2` (scale 1, promotion 10), `l3` (scale 2,
   * promotion 10), `l4` (scale 8, promotion 10). What is given beside it wins.
   */
  readonly preset?: TierPreset;
  /** The place in the chain, 1 nearest to the caller. Levels must ascend. Default: the preset's, or the place in the list. */
  readonly level?: number;
  /** Entries are kept here for their ttl times this. Default: 1. */
  readonly ttlScale?: number;
  /** One hit in this many is copied to the tiers above; `false` for none. Default: 1, every hit. */
  readonly promotion?: number | false;
  /**
   * How long a call that reads, or asks for a lease, may take, in milliseconds; `false` for as long as it wants.
   * Default: 1000; `false` for a Redis tier, which has its own `timeout`. Of no effect for memory.
   */
  readonly readTimeout?: number | false;
  /**
   * How long a call that stores or removes may take, in milliseconds; `false` for as long as it wants. `removePattern`
   * is given a minute, or this where it is more. Default: 2000; `false` for a Redis tier, which has its own `timeout`.
   * Of no effect for memory.
   */
  readonly writeTimeout?: number | false;
  /**
   * Whether what was loaded or promoted is stored here before the caller has it (`await`), or meanwhile
   * (`background`): then at most 1000 writes are under way, and those beyond are waited for. What is stored or removed
   * by hand is always waited for. Default: `await`. Of no effect for memory.
   */
  readonly writeMode?: 'await' | 'background';
  /** When the backend is no longer asked because it fails; `false` for never. Of no effect for memory. */
  readonly breaker?: BreakerPolicy | false;
  /**
   * How many calls of the backend may be under way; more are refused at once. `false` for any number. Default: 10,000.
   * Of no effect for memory.
   */
  readonly maxPending?: number | false;
  /**
   * The most bytes that an entry may have here, as it would be stored. A larger one is not stored in this tier, nor
   * what stood under its key before. Default: 16 MiB. Of no effect for memory, which has limits of its own.
   */
  readonly maxEntryBytes?: number;
  /** Whether and how values are compressed here. Default: not at all. Of no effect for memory. */
  readonly compression?: CompressionOptions | boolean;
  /** The keys by which values are encrypted here. Default: not at all. Of no effect for memory. */
  readonly encryption?: EncryptionOptions;
}

/**
 * A tier as it is configured: made by `memoryTier`, `mapTier`, `redisTier` and `customTier`.
 *
 * @publicApi
 */
export interface TierDefinition {
  readonly source: BackendSource;
  readonly policy: TierPolicy;
  /** The name that is used when the policy gives none. */
  readonly defaultName: string;
  /** The class by which the backend can be injected, beside its token. */
  readonly backendClass?: Constructor<CacheBackend>;
  /** How values become bytes here. Default: the cache's codec. */
  readonly codec?: Codec;
  /** Whether the backend limits the time of its calls itself: then the tier does so only where it is told to. */
  readonly limitsItself?: boolean;
  /**
   * The bus by which the instances that share this tier agree; `undefined` where the backend can carry none.
   *
   * @param backend what `source` has made, or whatever was put in its place
   */
  readonly bus?: (backend: CacheBackend, context: BusContext) => InvalidationBus | undefined;
}
