import type { Awaitable, CacheBackend } from '../../contract/cache-backend.js';
import {
  isBatch,
  isClosable,
  isFenced,
  isTtlAware,
  type BatchBackend,
  type Closable,
  type FencedBackend,
  type StoredValue,
  type StoreRequest,
  type TtlAwareBackend,
} from '../../contract/capabilities.js';
import type { Clock } from '../../contract/clock.js';
import { BackendTimeoutError } from '../../contract/errors.js';
import type { Breaker } from './breaker.js';
import type { CallLimit } from './call-limit.js';
import { inTime } from './in-time.js';

/** How the calls of a tier's backend are limited; times in milliseconds, `undefined` for no limit. */
export interface GuardContext {
  /** The tier's name. */
  readonly name: string;
  readonly clock: Clock;
  readonly readTimeout: number | undefined;
  readonly writeTimeout: number | undefined;
  /** Of `removePattern`, which takes time in proportion to all that is stored. */
  readonly patternTimeout: number | undefined;
  readonly breaker: Breaker | undefined;
  readonly limit: CallLimit | undefined;
}

/**
 * A tier's backend behind its limits and its breaker. It has the capabilities that the backend has, and the backend is
 * called in the turn in which this is: what is sent together stays in its order.
 */
export class GuardedBackend implements CacheBackend {
  readonly name: string;
  readonly removePattern?: (pattern: string) => Awaitable<void>;
  readonly getWithTtl?: TtlAwareBackend['getWithTtl'];
  readonly getMany?: BatchBackend['getMany'];
  readonly setMany?: BatchBackend['setMany'];
  readonly removeMany?: BatchBackend['removeMany'];
  readonly getFenced?: FencedBackend['getFenced'];
  readonly getFencedMany?: FencedBackend['getFencedMany'];
  readonly lease?: FencedBackend['lease'];
  readonly fill?: FencedBackend['fill'];
  readonly replace?: FencedBackend['replace'];
  readonly renew?: FencedBackend['renew'];
  readonly release?: FencedBackend['release'];
  readonly discard?: FencedBackend['discard'];
  readonly connect?: Closable['connect'];
  readonly close?: Closable['close'];

  /** How many writes of each key have been given up, and may still land. */
  readonly #late = new Map<string, number>();

  constructor(
    private readonly inner: CacheBackend,
    private readonly context: GuardContext,
  ) {
    this.name = inner.name;
    const removePattern = inner.removePattern?.bind(inner);
    if (removePattern !== undefined) {
      this.removePattern = (pattern) =>
        this.#call('removePattern', context.patternTimeout, () => removePattern(pattern));
    }
    if (isTtlAware(inner)) {
      this.getWithTtl = (key) =>
        this.#readUnlessLate('getWithTtl', key, () => inner.getWithTtl(key));
    }
    if (isBatch(inner)) {
      this.getMany = (keys) => this.#readMany(keys, (some) => inner.getMany(some));
      this.setMany = (items) => this.#store('setMany', keysOf(items), () => inner.setMany(items));
      this.removeMany = (keys) => this.#write('removeMany', () => inner.removeMany(keys));
    }
    if (isFenced(inner)) {
      this.getFenced = (...args) => this.#read('getFenced', () => inner.getFenced(...args));
      this.getFencedMany = (...args) =>
        this.#read('getFencedMany', () => inner.getFencedMany(...args));
      this.lease = (...args) => this.#read('lease', () => inner.lease(...args));
      this.fill = (...args) => this.#write('fill', () => inner.fill(...args));
      // No lease keeps it from landing late, as it keeps a fill.
      this.replace = (key, ...args) =>
        this.#store('replace', [key], () => inner.replace(key, ...args));
      this.renew = (...args) => this.#write('renew', () => inner.renew(...args));
      this.release = (...args) => this.#write('release', () => inner.release(...args));
      this.discard = (...args) => this.#write('discard', () => inner.discard(...args));
    }
    if (isClosable(inner)) {
      this.connect = () => inner.connect();
      this.close = () => inner.close();
    }
  }

  get(key: string): Awaitable<Uint8Array | undefined> {
    return this.#readUnlessLate('get', key, () => this.inner.get(key));
  }

  setWithTtl(key: string, value: Uint8Array, ttl: number): Awaitable<void> {
    return this.#store('setWithTtl', [key], () => this.inner.setWithTtl(key, value, ttl));
  }

  remove(key: string): Awaitable<void> {
    return this.#write('remove', () => this.inner.remove(key));
  }

  /** Is never refused; an answer tells the breaker that there is one. */
  async healthCheck(): Promise<boolean> {
    const answers = await this.inner.healthCheck();
    if (answers) this.context.breaker?.answered();
    return answers;
  }

  #read<T>(operation: string, call: () => Awaitable<T>): Awaitable<T> {
    return this.#call(operation, this.context.readTimeout, call);
  }

  /** What may have landed late is no answer. */
  #readUnlessLate<T>(
    operation: string,
    key: string,
    call: () => Awaitable<T | undefined>,
  ): Awaitable<T | undefined> {
    return this.#late.has(key) ? undefined : this.#read(operation, call);
  }

  async #readMany(
    keys: readonly string[],
    call: BatchBackend['getMany'],
  ): Promise<readonly (StoredValue | undefined)[]> {
    const asked = keys.filter((key) => !this.#late.has(key));
    if (asked.length === 0) return keys.map(() => undefined);
    const answers = await this.#read('getMany', () => call(asked));
    if (asked.length === keys.length) return answers;
    const found = new Map(asked.map((key, index) => [key, answers[index]]));
    return keys.map((key) => found.get(key));
  }

  #write<T>(operation: string, call: () => Awaitable<T>): Awaitable<T> {
    return this.#call(operation, this.context.writeTimeout, call);
  }

  #store<T>(operation: string, keys: readonly string[], call: () => Awaitable<T>): Awaitable<T> {
    return this.#call(operation, this.context.writeTimeout, call, (landing) => {
      void this.#takeBack(keys, landing);
    });
  }

  /**
   * What lands after it was given up may have been removed meanwhile, and nobody waits any more who could take it
   * back: it is taken back here, and not answered until then.
   */
  async #takeBack(keys: readonly string[], landing: PromiseLike<unknown>): Promise<void> {
    for (const key of keys) this.#late.set(key, (this.#late.get(key) ?? 0) + 1);
    try {
      await landing;
      await Promise.all(keys.map(async (key) => this.inner.remove(key)));
    } catch {
      // The store fails: what it holds ends with its ttl.
    } finally {
      for (const key of keys) {
        const left = (this.#late.get(key) ?? 0) - 1;
        if (left > 0) this.#late.set(key, left);
        else this.#late.delete(key);
      }
    }
  }

  #call<T>(
    operation: string,
    timeLimit: number | undefined,
    call: () => Awaitable<T>,
    onExpire?: (answer: PromiseLike<T>) => void,
  ): Awaitable<T> {
    const { name, clock, breaker, limit } = this.context;
    const counted = limit === undefined ? call : (): Awaitable<T> => limit.run(operation, call);
    const limited = (): Awaitable<T> =>
      inTime(counted, {
        limit: timeLimit,
        clock,
        expired: (timeout) => new BackendTimeoutError(name, operation, timeout),
        onExpire,
      });
    return breaker === undefined ? limited() : breaker.run(operation, limited);
  }
}

function keysOf(items: readonly StoreRequest[]): string[] {
  return items.map(({ key }) => key);
}
