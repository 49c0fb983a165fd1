import type { Awaitable, CacheBackend } from '../contract/cache-backend.js';
import {
  isBatch,
  isClosable,
  isFenced,
  isTtlAware,
  type BatchBackend,
  type Closable,
  type FencedBackend,
  type TtlAwareBackend,
} from '../contract/capabilities.js';
import { systemClock, type Clock } from '../contract/clock.js';

const OPERATIONS = [
  'get',
  'setWithTtl',
  'remove',
  'removePattern',
  'getWithTtl',
  'getMany',
  'setMany',
  'removeMany',
  'getFenced',
  'getFencedMany',
  'lease',
  'fill',
  'replace',
  'renew',
  'release',
  'discard',
  'healthCheck',
  'connect',
] as const;

/** A member of the backend that can be disturbed. */
export type FaultyOperation = (typeof OPERATIONS)[number];

/**
 * A backend for tests that stands before any other as a network would: it answers later, never at once, and
 * it can be told to fail, to hang and to be slow. Told nothing, it does what the other does. It has the
 * capabilities that the other has, but keeps no entries by reference.
 *
 * The methods that disturb it take the operations they are about, and all when none is named. The last word
 * about an operation counts.
 *
 * @publicApi
 */
export class FaultyBackend implements CacheBackend {
  readonly name: string;
  readonly removePattern?: (pattern: string) => Promise<void>;
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

  readonly #inner: CacheBackend;
  readonly #clock: Clock;
  /** What befalls an operation before it is carried out. */
  readonly #faults = new Map<FaultyOperation, () => Promise<void>>();
  readonly #calls = new Map<FaultyOperation, number>();
  readonly #hung: (() => void)[] = [];

  /** @param clock what `delay` counts on: the `ManualClock` of the test, or the system's by default */
  constructor(inner: CacheBackend, clock: Clock = systemClock) {
    this.name = inner.name;
    this.#inner = inner;
    this.#clock = clock;
    const removePattern = inner.removePattern?.bind(inner);
    if (removePattern !== undefined) {
      this.removePattern = (pattern) => this.#act('removePattern', () => removePattern(pattern));
    }
    if (isTtlAware(inner)) {
      this.getWithTtl = (key) => this.#act('getWithTtl', () => inner.getWithTtl(key));
    }
    if (isBatch(inner)) {
      this.getMany = (keys) => this.#act('getMany', () => inner.getMany(keys));
      this.setMany = (items) => this.#act('setMany', () => inner.setMany(items));
      this.removeMany = (keys) => this.#act('removeMany', () => inner.removeMany(keys));
    }
    if (isFenced(inner)) {
      this.getFenced = (...args) => this.#act('getFenced', () => inner.getFenced(...args));
      this.getFencedMany = (...args) =>
        this.#act('getFencedMany', () => inner.getFencedMany(...args));
      this.lease = (...args) => this.#act('lease', () => inner.lease(...args));
      this.fill = (...args) => this.#act('fill', () => inner.fill(...args));
      this.replace = (...args) => this.#act('replace', () => inner.replace(...args));
      this.renew = (...args) => this.#act('renew', () => inner.renew(...args));
      this.release = (...args) => this.#act('release', () => inner.release(...args));
      this.discard = (...args) => this.#act('discard', () => inner.discard(...args));
    }
    if (isClosable(inner)) {
      this.connect = () => this.#act('connect', () => inner.connect());
      this.close = () => inner.close();
    }
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#act('get', () => this.#inner.get(key));
  }

  setWithTtl(key: string, value: Uint8Array, ttl: number): Promise<void> {
    return this.#act('setWithTtl', () => this.#inner.setWithTtl(key, value, ttl));
  }

  remove(key: string): Promise<void> {
    return this.#act('remove', () => this.#inner.remove(key));
  }

  async healthCheck(): Promise<boolean> {
    try {
      return await this.#act('healthCheck', () => this.#inner.healthCheck());
    } catch {
      return false;
    }
  }

  /** Operations reject with `error` and are not carried out; `healthCheck` answers false. */
  fail(error: unknown, ...operations: FaultyOperation[]): void {
    this.#disturb(operations, async () => {
      throw error;
    });
  }

  /** Operations do not answer until `heal()`, which carries them out. */
  hang(...operations: FaultyOperation[]): void {
    this.#disturb(operations, () => new Promise((resolve) => this.#hung.push(resolve)));
  }

  /** Operations are carried out `ms` milliseconds later. */
  delay(ms: number, ...operations: FaultyOperation[]): void {
    this.#disturb(operations, () => new Promise((resolve) => this.#clock.setTimer(ms, resolve)));
  }

  /** Ends all disturbances. */
  heal(): void {
    this.#faults.clear();
    for (const resume of this.#hung.splice(0)) resume();
  }

  /** How often an operation has been called, whatever became of it. */
  calls(operation: FaultyOperation): number {
    return this.#calls.get(operation) ?? 0;
  }

  #disturb(operations: readonly FaultyOperation[], fault: () => Promise<void>): void {
    for (const operation of operations.length > 0 ? operations : OPERATIONS) {
      this.#faults.set(operation, fault);
    }
  }

  async #act<T>(operation: FaultyOperation, carryOut: () => Awaitable<T>): Promise<T> {
    this.#calls.set(operation, this.calls(operation) + 1);
    await this.#faults.get(operation)?.();
    return carryOut();
  }
}
