import { compilePattern } from '../../contract/pattern.js';
import type { Invalidation } from '../../contract/invalidation-bus.js';
import type { CacheEvents } from '../watching/cache-events.js';
import type { CoherenceEffects } from './coherence.js';
import type { EntryTier } from '../tiers/entry-tier.js';
import type { InvalidationLog } from './invalidation-log.js';
import { internalKey } from '../key-space.js';

/** What incoming invalidations take from the cache. */
export interface IncomingContext {
  /** The name of this instance on the bus. */
  readonly origin: string;
  /** Whether the log is shared with other instances. */
  readonly shared: boolean;
  readonly memories: readonly EntryTier[];
  readonly log: InvalidationLog;
  readonly events: CacheEvents;
  readonly nameOf: (key: string) => string;
  /** The cache's namespace. */
  readonly root: string;
  /** Called with each, its own included. */
  readonly onEach: (invalidation: Invalidation) => void;
  /** Called with keys that memory held, and that have new values now. */
  readonly onPush: (key: string) => void;
  readonly onVerified: () => void;
  readonly onLeaseEnded: (key: string) => void;
}

/** What is done here when the bus tells that others have invalidated something, or that all is void. */
export class IncomingInvalidations implements CoherenceEffects {
  constructor(private readonly context: IncomingContext) {}

  onInvalidation(invalidation: Invalidation): void {
    const { origin, log, memories, nameOf, onEach } = this.context;
    const { keys, patterns, all, push } = invalidation.scope;
    // Its own have been carried out here when they were asked for.
    if (invalidation.origin !== origin) {
      if (keys !== undefined) this.#drop(keys, push === true);
      for (const pattern of patterns ?? []) {
        const matches = compilePattern(pattern);
        log.recordAll();
        for (const { backend } of memories) backend.removeWhere((key) => matches(nameOf(key)));
      }
      if (all === true) this.#dropAll();
    }
    onEach(invalidation);
  }

  onReset(): void {
    const { shared, events } = this.context;
    // A log of this process alone is reset once, when it is joined.
    if (!shared) return;
    this.#dropAll();
    events.emit({ type: 'reset' });
  }

  onVerification(verified: boolean): void {
    const { shared, events, onVerified } = this.context;
    if (shared) events.emit({ type: 'verification', verified });
    if (verified) onVerified();
  }

  onLeaseEnded(stored: string): void {
    const key = internalKey(this.context.root, stored);
    if (key !== undefined) this.context.onLeaseEnded(key);
  }

  #drop(names: readonly string[], push: boolean): void {
    const { root, memories, log, onPush } = this.context;
    for (const name of names) {
      const key = internalKey(root, name);
      if (key === undefined) continue;
      const isHeld = push && memories.some(({ backend }) => backend.getEntry(key) !== undefined);
      for (const { backend } of memories) backend.remove(key);
      log.record([key]);
      if (isHeld) onPush(key);
    }
  }

  #dropAll(): void {
    this.context.log.recordAll();
    for (const { backend } of this.context.memories) backend.clear();
  }
}
