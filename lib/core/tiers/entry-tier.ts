import type { CacheBackend } from '../../contract/cache-backend.js';
import type { EntryStore } from '../../contract/capabilities.js';
import type { Entry } from '../../contract/entry.js';
import { compilePattern } from '../../contract/pattern.js';
import type { Breaker } from './breaker.js';
import type { CallLimit } from './call-limit.js';
import { CacheEntry } from './cache-entry.js';
import type { TierCounters } from '../watching/cache-stats.js';
import { keyParts, type KeySpace } from '../key-space.js';
import type { Tier, TierSettings, TierWrite } from './tier.js';

/** A tier that keeps values by reference in this process, and answers synchronously. */
export class EntryTier implements Tier {
  readonly name: string;
  readonly bare: CacheBackend;
  readonly breaker: Breaker | undefined;
  readonly limit: CallLimit | undefined;
  readonly owned: boolean;
  readonly ttlScale: number;
  readonly promotion: number;
  readonly writesInBackground: boolean;
  readonly counters: TierCounters;
  readonly removesPatterns = true;

  constructor(
    readonly backend: EntryStore,
    settings: TierSettings,
  ) {
    this.name = settings.name;
    this.bare = settings.bare;
    this.breaker = settings.breaker;
    this.limit = settings.limit;
    this.owned = settings.owned;
    this.ttlScale = settings.ttlScale;
    this.promotion = settings.promotion;
    this.writesInBackground = settings.writesInBackground;
    this.counters = settings.counters;
  }

  read(key: string): Entry | undefined {
    return this.backend.getEntry(key);
  }

  readMany(keys: readonly string[]): (Entry | undefined)[] {
    return keys.map((key) => this.backend.getEntry(key));
  }

  write(writes: readonly TierWrite[]): void {
    for (const { key, record, freshUntil, expiresAt } of writes) {
      this.backend.setEntry(key, new CacheEntry(record, { freshUntil, expiresAt }));
    }
  }

  remove(keys: readonly string[]): void {
    for (const key of keys) this.backend.remove(key);
  }

  removePattern(space: KeySpace, pattern: string): void {
    const matches = compilePattern(pattern);
    this.backend.removeWhere((key) => space.holds(key) && matches(keyParts(key).key));
  }

  clear(space: KeySpace): void {
    this.backend.removeWhere((key) => space.covers(key));
  }
}
