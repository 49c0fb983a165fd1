import type {
  BatchBackend,
  Closable,
  EntryStore,
  StoredValue,
  StoreRequest,
  TtlAwareBackend,
} from '../contract/capabilities.js';
import type { Clock } from '../contract/clock.js';
import type { Entry } from '../contract/entry.js';
import { ClosedError } from '../contract/errors.js';
import { compilePattern } from '../contract/pattern.js';
import { assertTtl } from '../contract/ttl.js';
import { BytesSlot, type SlotMap } from './slot.js';

/**
 * What the stores of this process have in common. Entries are kept by reference. Bytes are copied on the way
 * in and on the way out, so that nobody can change what is stored.
 */
export abstract class InProcessBackend
  implements EntryStore, BatchBackend, TtlAwareBackend, Closable
{
  readonly #slots: SlotMap;
  readonly #clock: Clock;
  readonly #longest: number;
  #closed = false;

  /** @param longest the upper bound of any ttl, in milliseconds */
  protected constructor(
    readonly name: string,
    slots: SlotMap,
    clock: Clock,
    longest = Infinity,
  ) {
    this.#slots = slots;
    this.#clock = clock;
    this.#longest = longest;
  }

  get size(): number {
    return this.#slots.size;
  }

  // This is what a hit costs: one look-up, one reading of the clock, and nothing made.
  getEntry(key: string): Entry | undefined {
    if (this.#closed) this.#refuse();
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    if (slot.expiresAt <= this.#clock.now()) {
      this.#slots.delete(key);
      return undefined;
    }
    return slot instanceof BytesSlot ? undefined : slot;
  }

  setEntry(key: string, entry: Entry): void {
    this.#keep(key, entry);
  }

  get(key: string): Uint8Array | undefined {
    return this.getWithTtl(key)?.value;
  }

  getWithTtl(key: string): StoredValue | undefined {
    this.#assertOpen();
    const slot = this.#slots.get(key);
    if (!(slot instanceof BytesSlot)) return undefined;
    const ttl = slot.expiresAt - this.#clock.now();
    if (ttl <= 0) {
      this.#slots.delete(key);
      return undefined;
    }
    return { value: copy(slot.bytes), ttl };
  }

  getMany(keys: readonly string[]): (StoredValue | undefined)[] {
    this.#assertOpen();
    return keys.map((key) => this.getWithTtl(key));
  }

  setWithTtl(key: string, value: Uint8Array, ttl: number): void {
    assertTtl(ttl);
    this.#keep(key, new BytesSlot(copy(value), this.#clock.now() + ttl));
  }

  /** Refuses all when the ttl of one is refused. */
  setMany(items: readonly StoreRequest[]): void {
    this.#assertOpen();
    for (const { ttl } of items) assertTtl(ttl);
    for (const { key, value, ttl } of items) this.setWithTtl(key, value, ttl);
  }

  remove(key: string): void {
    this.#assertOpen();
    this.#slots.delete(key);
  }

  removeMany(keys: readonly string[]): void {
    this.#assertOpen();
    for (const key of keys) this.#slots.delete(key);
  }

  removePattern(pattern: string): void {
    this.removeWhere(compilePattern(pattern));
  }

  removeWhere(matches: (key: string) => boolean): void {
    this.#assertOpen();
    for (const key of Array.from(this.#slots.keys()).filter(matches)) this.#slots.delete(key);
  }

  clear(): void {
    this.#assertOpen();
    this.#slots.clear();
  }

  /** Drops what has expired but was not asked for since, and tells how many entries that were. */
  cleanupExpired(): number {
    this.#assertOpen();
    const now = this.#clock.now();
    const expired: string[] = [];
    for (const [key, slot] of this.#slots.entries()) {
      if (slot.expiresAt <= now) expired.push(key);
    }
    this.removeMany(expired);
    return expired.length;
  }

  /** Whether it is open: a store in this process is out of reach only after `close`. */
  healthCheck(): boolean {
    return !this.#closed;
  }

  connect(): void {
    this.#assertOpen();
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true;
    this.#slots.clear();
  }

  #keep(key: string, slot: Entry | BytesSlot): void {
    this.#assertOpen();
    const now = this.#clock.now();
    if (slot.expiresAt <= now) {
      // What it would have replaced is as old.
      this.#slots.delete(key);
      return;
    }
    if (slot.expiresAt > now + this.#longest) slot.expiresAt = now + this.#longest;
    this.#slots.set(key, slot);
  }

  #assertOpen(): void {
    if (this.#closed) this.#refuse();
  }

  #refuse(): never {
    throw new ClosedError(`Cache backend "${this.name}" was used after close()`);
  }
}

// Not `slice`: that of a Buffer shares its memory.
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
