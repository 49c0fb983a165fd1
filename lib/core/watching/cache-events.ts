import { Subject, type Observable } from 'rxjs';
import type { CacheTierError } from '../../contract/errors.js';
import type { BreakerState } from '../tiers/breaker.js';

/** Where an event happened: the key as the caller gave it, and the namespace below the cache's own. */
interface KeyEvent {
  readonly key: string;
  /** The path of `namespace()` names, joined by ':'; '' at the root. */
  readonly namespace: string;
}

/** Why a stale value was answered: its load is slow, has failed, or has failed so lately that it is not tried again. */
export type StaleReason = 'slow' | 'failed' | 'throttled';

/**
 * What the cache tells as it happens. Events never carry values.
 *
 * @publicApi
 */
export type CacheEvent =
  | (KeyEvent & { readonly type: 'hit'; readonly tier: string })
  | (KeyEvent & { readonly type: 'miss' })
  /** A load has ended; `duration` is in milliseconds, `keys` is how many it was for. */
  | { readonly type: 'load'; readonly duration: number; readonly keys: number }
  | { readonly type: 'loadError'; readonly error: unknown; readonly keys: number }
  /** A value was answered whose ttl had ended. */
  | (KeyEvent & { readonly type: 'stale'; readonly reason: StaleReason })
  /** A load was not waited for any longer. */
  | (KeyEvent & { readonly type: 'loadTimeout' })
  | (KeyEvent & { readonly type: 'promotion'; readonly tier: string })
  | (KeyEvent & { readonly type: 'set' })
  | (KeyEvent & { readonly type: 'remove' })
  /** A value was made stale. */
  | (KeyEvent & { readonly type: 'expire' })
  | { readonly type: 'removePattern'; readonly pattern: string; readonly namespace: string }
  | { readonly type: 'clear'; readonly namespace: string }
  | { readonly type: 'invalidateTags'; readonly tags: readonly string[] }
  /** A loaded or promoted value was not kept, because its key was invalidated meanwhile. */
  | (KeyEvent & { readonly type: 'fenced' })
  /** The proof that no invalidation has been missed was lost or regained. */
  | { readonly type: 'verification'; readonly verified: boolean }
  /** The log of invalidations was lost, or joined anew: all that memory held is void. */
  | { readonly type: 'reset' }
  /** So many invalidations could not be recorded yet. */
  | { readonly type: 'invalidationPending'; readonly count: number }
  /** The breaker of a tier has changed its state. */
  | { readonly type: 'breaker'; readonly tier: string; readonly state: BreakerState }
  | { readonly type: 'tierError'; readonly tier: string; readonly error: CacheTierError };

/** The source of `TieredCache.events`. Nothing is built for an event that nobody observes. */
export class CacheEvents {
  readonly #subject = new Subject<CacheEvent>();
  readonly observable: Observable<CacheEvent> = this.#subject.asObservable();

  get observed(): boolean {
    return this.#subject.observed;
  }

  emit(event: CacheEvent): void {
    this.#subject.next(event);
  }

  complete(): void {
    this.#subject.complete();
  }
}
