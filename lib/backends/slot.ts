import type { Entry } from '../contract/entry.js';

/** Bytes that were given to a store of this process, in a copy of its own. */
export class BytesSlot {
  constructor(
    readonly bytes: Uint8Array,
    /** When it ends, in `Clock.now()`. */
    public expiresAt: number,
  ) {}
}

/** What stands under a key: an entry by reference, as it was given, or bytes. */
export type Slot = Entry | BytesSlot;

/** Where slots are kept: the part that a `Map` and an `LRUCache` have in common. */
export interface SlotMap {
  get(key: string): Slot | undefined;
  set(key: string, slot: Slot): unknown;
  delete(key: string): boolean;
  keys(): Iterable<string>;
  entries(): Iterable<readonly [string, Slot]>;
  clear(): void;
  readonly size: number;
}
