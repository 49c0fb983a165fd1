import type { Awaitable } from '../../contract/cache-backend.js';
import type { Entry } from '../../contract/entry.js';
import type { Coherence } from './coherence.js';
import type { Invalidations } from './invalidations.js';

/** Decides whether what a lower tier answers may be used. */
export class Admission {
  constructor(
    private readonly coherence: Coherence,
    private readonly invalidations: Invalidations,
    /** The key by which the store and the bus know an internal key. */
    private readonly nameOf: (key: string) => string,
  ) {}

  /** Whether a lower tier is not to be asked for a key: what is to be removed there may be answered when that is done. */
  bars(key: string): boolean {
    return this.#isPending(key, undefined);
  }

  /**
   * At once, unless the keeper of the log has to be asked; where it does not answer, what cannot be proved counts as
   * void.
   */
  admits(key: string, entry: Entry): Awaitable<boolean> {
    if (this.#isPending(key, entry.tags)) return false;
    const judgement = this.coherence.judge(key, entry);
    if (judgement === 'void') return false;
    if (judgement === 'ask' || !this.coherence.isVerified) {
      return this.coherence.vouch(key, entry).catch(() => false);
    }
    // It was judged by what is known here, which may be older than the reading.
    entry.provenAt = Math.min(entry.provenAt, this.coherence.verifiedAt);
    return true;
  }

  #isPending(key: string, tags: readonly string[] | undefined): boolean {
    const { pendingCount } = this.invalidations;
    return pendingCount > 0 && this.invalidations.covers(this.nameOf(key), key, tags);
  }
}
