import type { LeaseAnswer } from '../../contract/capabilities.js';
import type { Clock } from '../../contract/clock.js';

interface Lease {
  /** The token of who holds it; `undefined` where the key is held empty. */
  readonly holder: string | undefined;
  readonly endsAt: number;
  /** Whether somebody has been told to wait for its end. */
  awaited: boolean;
}

/** Who may fill which key, and until when. */
export class LeaseTable {
  readonly #leases = new Map<string, Lease>();

  constructor(
    private readonly clock: Clock,
    private readonly onEnded: (key: string) => void = () => undefined,
  ) {}

  ask(key: string, token: string, duration: number): Exclude<LeaseAnswer, { outcome: 'hit' }> {
    const lease = this.#current(key);
    if (lease === undefined) {
      this.#set(key, token, duration, false);
      return { outcome: 'granted' };
    }
    if (this.renew(key, token, duration)) return { outcome: 'granted' };
    if (lease.holder === undefined) return { outcome: 'bypass' };
    lease.awaited = true;
    return { outcome: 'wait', remaining: lease.endsAt - this.clock.now() };
  }

  isHeldBy(key: string, token: string): boolean {
    return this.#current(key)?.holder === token;
  }

  isHeldEmpty(key: string): boolean {
    const lease = this.#current(key);
    return lease !== undefined && lease.holder === undefined;
  }

  renew(key: string, token: string, duration: number): boolean {
    const lease = this.#current(key);
    if (lease?.holder !== token) return false;
    this.#set(key, token, duration, lease.awaited);
    return true;
  }

  /** Takes the lease of a key away, and holds the key empty for so long, 0 for not at all. */
  discard(key: string, holdFor: number): void {
    const lease = this.#current(key);
    if (lease === undefined || lease.holder !== undefined) {
      this.end(key);
    } else if (lease.endsAt >= this.clock.now() + holdFor) {
      return;
    }
    if (holdFor > 0) this.#set(key, undefined, holdFor, false);
  }

  end(key: string): void {
    const lease = this.#current(key);
    this.#leases.delete(key);
    if (lease?.awaited === true) this.onEnded(key);
  }

  keys(): string[] {
    return Array.from(this.#leases.keys());
  }

  clear(): void {
    this.#leases.clear();
  }

  #current(key: string): Lease | undefined {
    const lease = this.#leases.get(key);
    if (lease === undefined || lease.endsAt > this.clock.now()) return lease;
    this.#leases.delete(key);
    return undefined;
  }

  #set(key: string, holder: string | undefined, duration: number, awaited: boolean): void {
    this.#leases.set(key, { holder, endsAt: this.clock.now() + duration, awaited });
  }
}
