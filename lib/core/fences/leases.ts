import type { Clock, Timer } from '../../contract/clock.js';
import type { CacheCounters } from '../watching/cache-stats.js';
import { LEASE_DURATION, type FencedEntry, type FencedTier } from './fenced-tier.js';
import type { LoadAbort } from '../loading/load-abort.js';
import type { TierCalls } from '../tiers/tier-calls.js';
import type { TierWrite } from '../tiers/tier.js';
import { newToken } from './token.js';
import type { ValueType } from '../stored/value-type.js';

/** What became of asking for the right to fill a key. */
export type Grant =
  /** It is ours: load, and fill. */
  | { readonly outcome: 'granted'; readonly lease: Lease }
  /** Somebody has filled it meanwhile. */
  | { readonly outcome: 'hit'; readonly entry: FencedEntry }
  /** The key is held empty: load, and keep it nowhere. */
  | { readonly outcome: 'bypass' }
  /** The tier does not answer: load, and keep it in this process alone. */
  | { readonly outcome: 'failed' };

/** The same without waiting. */
export type TryGrant =
  | Grant
  /** Somebody else has it, for at most so many milliseconds. */
  | { readonly outcome: 'wait'; readonly remaining: number };

/** The right to fill one key, renewed until it ends. */
export class Lease {
  #timer: Timer | undefined;
  #ended = false;

  constructor(
    private readonly tier: FencedTier,
    private readonly key: string,
    private readonly token: string,
    private readonly calls: TierCalls,
    private readonly clock: Clock,
    /** Called once, when it is not renewed any more. */
    private readonly onEnd: (lease: Lease) => void,
  ) {
    this.#renewLater();
  }

  /**
   * Stores the value; `false` when the lease has been taken away, `undefined` when the tier does not answer.
   *
   * @throws SerializationError
   */
  async store(write: TierWrite, type: ValueType | undefined): Promise<boolean | undefined> {
    this.#end();
    try {
      return await this.tier.storeUnder(this.token, write, type);
    } catch (error) {
      this.calls.failure(this.tier, 'fill', error);
      return undefined;
    }
  }

  /** Leaves the key to whoever waits for it. */
  async release(): Promise<void> {
    this.#end();
    await this.calls.attempt(
      this.tier,
      'release',
      () => this.tier.release(this.key, this.token),
      () => undefined,
    );
  }

  #end(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.onEnd(this);
  }

  #renewLater(): void {
    if (this.#ended) return;
    this.#timer = this.clock.setTimer(LEASE_DURATION / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      // Once taken away, it does not come back, and the fill will be refused.
      if (!(await this.tier.renew(this.key, this.token))) return this.#end();
    } catch (error) {
      this.calls.count(this.tier, 'renew', error);
    }
    this.#renewLater();
  }
}

/** Waits for the end of a key's lease. */
interface Listening {
  readonly until: (atMost: number, signal: AbortSignal) => Promise<void>;
  readonly stop: () => void;
}

/** Asks for leases, and waits where somebody else has one. Keys are internal. */
export class Leases {
  /** Who waits for the end of a key's lease. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Those that are held here. */
  readonly #held = new Set<Lease>();

  constructor(
    readonly tier: FencedTier,
    private readonly calls: TierCalls,
    private readonly clock: Clock,
    private readonly counters: CacheCounters,
  ) {}

  /**
   * Asks until the key is ours, filled, or not to be had.
   *
   * @param rejected the token of a value that is old
   * @param abort ends the waiting, and with it the call: its reason is thrown
   * @param onAsk called each time, before it asks
   */
  async acquire(
    key: string,
    rejected: string | undefined,
    type: ValueType | undefined,
    abort: LoadAbort,
    onAsk: () => void = () => undefined,
  ): Promise<Grant> {
    let waited = false;
    for (;;) {
      // Listening begins before asking: the end may be told before the answer has been read.
      const listening = this.#listen(key);
      onAsk();
      try {
        const grant = await this.tryAcquire(key, rejected, type);
        if (grant.outcome !== 'wait') return grant;
        if (!waited) this.counters.waits++;
        waited = true;
        await listening.until(grant.remaining, abort.signal);
        abort.signal.throwIfAborted();
      } finally {
        listening.stop();
      }
    }
  }

  /** The same without waiting. */
  async tryAcquire(
    key: string,
    rejected: string | undefined,
    type: ValueType | undefined,
  ): Promise<TryGrant> {
    for (let old = rejected; ;) {
      const token = newToken();
      try {
        const answer = await this.tier.lease(key, token, old, type);
        if (answer.outcome === 'granted') return { ...answer, lease: this.#lease(key, token) };
        if (answer.outcome !== 'unreadable') return answer;
        old = answer.token;
      } catch (error) {
        this.calls.failure(this.tier, 'lease', error);
        return { outcome: 'failed' };
      }
    }
  }

  /** The token of the value that stands under a key. */
  async tokenOf(key: string): Promise<string | undefined> {
    try {
      return await this.tier.tokenOf(key);
    } catch (error) {
      this.calls.failure(this.tier, 'read', error);
      return undefined;
    }
  }

  /** Leaves all that are held to others. */
  end(): void {
    for (const lease of this.#held) void lease.release();
  }

  /** Told by the bus: whoever waits asks again. */
  onEnded(key: string): void {
    for (const wake of this.#waiting.get(key) ?? []) wake();
  }

  #lease(key: string, token: string): Lease {
    const { tier, calls, clock } = this;
    const lease = new Lease(tier, key, token, calls, clock, () => this.#held.delete(lease));
    this.#held.add(lease);
    return lease;
  }

  /** Listens for the end of a key's lease, as the bus tells it. */
  #listen(key: string): Listening {
    const listeners = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, listeners);
    const { promise: ended, resolve: wake } = withResolvers();
    let timer: Timer | undefined;
    let aborted: AbortSignal | undefined;
    listeners.add(wake);
    return {
      until: (atMost, signal) => {
        timer = this.clock.setTimer(Math.max(1, atMost), wake);
        aborted = signal;
        if (signal.aborted) wake();
        else signal.addEventListener('abort', wake);
        return ended;
      },
      stop: () => {
        timer?.cancel();
        aborted?.removeEventListener('abort', wake);
        listeners.delete(wake);
        if (listeners.size === 0 && this.#waiting.get(key) === listeners) this.#waiting.delete(key);
      },
    };
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolvePromise: (() => void) | undefined;
  const promise = new Promise<void>((resolve) => {
    resolvePromise = resolve;
  });
  return { promise, resolve: () => resolvePromise?.() };
}
