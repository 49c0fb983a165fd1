import { checkOptionNames } from '../../contract/check-options.js';
import type {
  BatchBackend,
  Closable,
  FencedBackend,
  FencedValue,
  LeaseAnswer,
  StoredValue,
  StoreRequest,
  TtlAwareBackend,
} from '../../contract/capabilities.js';
import { systemClock } from '../../contract/clock.js';
import { compilePattern } from '../../contract/pattern.js';
import { assertTtl } from '../../contract/ttl.js';
import { assertDuration, assertHold, assertToken } from '../check-fence.js';
import { LeaseTable } from './lease-table.js';
import { MapBackend, type MapOptions } from './map.backend.js';

/** @publicApi */
export interface FencedMapOptions extends MapOptions {
  /** Told of each key for whose lease somebody waits when that lease ends before its time. */
  readonly onLeaseEnded?: (key: string) => void;
}

/**
 * A fenced backend in this process, to test what several caches do with one that they share: it stands for
 * Redis, on the clock of the test. It answers at once; behind a `FaultyBackend` it answers later.
 *
 * @throws InvalidOptionError when an option is unknown or of the wrong type
 * @publicApi
 */
export class FencedMapBackend implements FencedBackend, TtlAwareBackend, BatchBackend, Closable {
  readonly #values: MapBackend;
  readonly #leases: LeaseTable;
  /** The tokens of what was filled; that of a value which is gone may stay until the next fill. */
  readonly #tokens = new Map<string, string>();

  constructor(options: FencedMapOptions = {}) {
    checkOptionNames(options, ['name', 'clock', 'onLeaseEnded'], 'fencedMap');
    const { name = 'fenced-map', clock = systemClock, onLeaseEnded } = options;
    this.#values = new MapBackend({ name, clock });
    this.#leases = new LeaseTable(clock, onLeaseEnded);
  }

  get name(): string {
    return this.#values.name;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  getWithTtl(key: string): StoredValue | undefined {
    return this.#values.getWithTtl(key);
  }

  getMany(keys: readonly string[]): (StoredValue | undefined)[] {
    return this.#values.getMany(keys);
  }

  getFenced(key: string): FencedValue | undefined {
    const found = this.#values.getWithTtl(key);
    const token = this.#tokens.get(key);
    return found === undefined || token === undefined ? undefined : { ...found, token };
  }

  getFencedMany(keys: readonly string[]): (FencedValue | undefined)[] {
    this.#values.connect();
    return keys.map((key) => this.getFenced(key));
  }

  setWithTtl(key: string, value: Uint8Array, ttl: number): void {
    this.setMany([{ key, value, ttl }]);
  }

  setMany(items: readonly StoreRequest[]): void {
    this.#values.setMany(items);
    for (const { key } of items) this.#tokens.delete(key);
  }

  remove(key: string): void {
    this.removeMany([key]);
  }

  removeMany(keys: readonly string[]): void {
    this.#values.removeMany(keys);
    for (const key of keys) this.#tokens.delete(key);
  }

  removePattern(pattern: string): void {
    this.#values.removePattern(pattern);
    this.discard(this.#leases.keys().filter(compilePattern(pattern)));
  }

  lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
    assertToken(token);
    assertDuration(duration);
    const found = this.getFenced(key);
    return found !== undefined && found.token !== rejected
      ? { outcome: 'hit', found }
      : this.#leases.ask(key, token, duration);
  }

  fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
    assertToken(token);
    assertTtl(ttl);
    this.#values.connect();
    if (!this.#leases.isHeldBy(key, token)) return false;
    this.#values.setWithTtl(key, value, ttl);
    this.#tokens.set(key, token);
    this.#leases.end(key);
    return true;
  }

  replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
    assertToken(token);
    assertTtl(ttl);
    this.discard([key]);
    if (this.#leases.isHeldEmpty(key)) return false;
    this.#values.setWithTtl(key, value, ttl);
    this.#tokens.set(key, token);
    return true;
  }

  renew(key: string, token: string, duration: number): boolean {
    assertToken(token);
    assertDuration(duration);
    this.#values.connect();
    return this.#leases.renew(key, token, duration);
  }

  release(key: string, token: string): void {
    assertToken(token);
    this.#values.connect();
    if (this.#leases.isHeldBy(key, token)) this.#leases.end(key);
  }

  discard(keys: readonly string[], holdFor = 0): void {
    assertHold(holdFor);
    this.removeMany(keys);
    for (const key of keys) this.#leases.discard(key, holdFor);
  }

  /** Loses everything, as a server does that is restarted without its data. */
  clear(): void {
    this.#values.clear();
    this.#tokens.clear();
    this.#leases.clear();
  }

  healthCheck(): boolean {
    return this.#values.healthCheck();
  }

  connect(): void {
    this.#values.connect();
  }

  close(): void {
    this.#values.close();
    this.#tokens.clear();
    this.#leases.clear();
  }
}
