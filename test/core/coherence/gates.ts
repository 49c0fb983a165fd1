import type { Stamp } from '../../../lib/contract/entry.js';
import type {
  BusCheck,
  BusStats,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from '../../../lib/contract/invalidation-bus.js';
import type { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { altered, settle } from '../helpers.js';

type Step = 'discard' | 'lease' | 'fill' | 'replace' | 'publish' | 'check';

/** Holds steps of one instance back before they are carried out, until each is let through. */
export class Gates {
  readonly #closed = new Set<Step>();
  readonly #waiting = new Map<Step, (() => void)[]>();

  close(...steps: Step[]): void {
    for (const step of steps) this.#closed.add(step);
  }

  /** Lets the oldest that waits go on, if there is one, and what it leads to happen. */
  async let(step: Step): Promise<void> {
    this.#waiting.get(step)?.shift()?.();
    await settle();
  }

  /** Lets the one step that waits go on, whichever it is, and what it leads to happen. */
  async next(): Promise<void> {
    const first = [...this.#waiting.values()].find((waiting) => waiting.length > 0);
    first?.shift()?.();
    await settle();
  }

  async open(): Promise<void> {
    this.#closed.clear();
    for (const waiting of this.#waiting.values()) for (const resume of waiting.splice(0)) resume();
    await settle();
  }

  async pass(step: Step): Promise<void> {
    if (!this.#closed.has(step)) return;
    await new Promise<void>((resolve) => {
      this.#waiting.set(step, [...(this.#waiting.get(step) ?? []), resolve]);
    });
  }

  /** A connection whose steps pass the gates. */
  readonly through = (store: FaultyBackend): FaultyBackend => {
    const gated = <A extends unknown[], R>(
      step: Step,
      act?: (...args: A) => R | PromiseLike<R>,
    ) => ({
      [step]: async (...args: A): Promise<R> => {
        await this.pass(step);
        if (act === undefined) throw new Error(`the store has no ${step}`);
        return act(...args);
      },
    });
    return altered(store, {
      ...gated('discard', store.discard),
      ...gated('lease', store.lease),
      ...gated('fill', store.fill),
      ...gated('replace', store.replace),
    });
  };
}

/** A bus whose steps pass the gates. */
export class GatedBus implements InvalidationBus {
  constructor(
    private readonly bus: InvalidationBus,
    private readonly gates: Gates,
  ) {}

  get origin(): string {
    return this.bus.origin;
  }

  get stamp(): Stamp {
    return this.bus.stamp;
  }

  get verifiedAt(): number {
    return this.bus.verifiedAt;
  }

  async publish(scope: InvalidationScope, after?: PromiseLike<unknown>): Promise<Stamp> {
    await after;
    await this.gates.pass('publish');
    return this.bus.publish(scope);
  }

  async check(tags: readonly string[]): Promise<BusCheck> {
    const answer = await this.bus.check(tags);
    await this.gates.pass('check');
    return answer;
  }

  history(since?: Stamp): Promise<readonly Invalidation[] | undefined> {
    return this.bus.history(since);
  }

  subscribe(listener: InvalidationListener): void {
    this.bus.subscribe(listener);
  }

  stats(): BusStats {
    return this.bus.stats();
  }

  connect(): Promise<void> {
    return this.bus.connect();
  }

  close(): Promise<void> {
    return this.bus.close();
  }
}

/** A bus whose news come one by one, when they are let through; the keeper of the log answers at once. */
export class LateNews extends GatedBus {
  #stamp: Stamp | undefined;
  #held: (() => void)[] | undefined;

  override get stamp(): Stamp {
    return this.#stamp ?? super.stamp;
  }

  override subscribe(listener: InvalidationListener): void {
    super.subscribe({
      onInvalidation: (invalidation) =>
        this.#tell(invalidation.stamp, () => listener.onInvalidation(invalidation)),
      onReset: (stamp) => this.#tell(stamp, () => listener.onReset(stamp)),
      onVerification: (verified, provedAt) => listener.onVerification(verified, provedAt),
      onLeaseEnded: (key) => listener.onLeaseEnded(key),
    });
  }

  /** Keeps what comes from now on. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets the oldest through. */
  next(): void {
    this.#held?.shift()?.();
  }

  #tell(stamp: Stamp, pass: () => void): void {
    const tell = (): void => {
      this.#stamp = stamp;
      pass();
    };
    if (this.#held === undefined) tell();
    else this.#held.push(tell);
  }
}

/** Every order in which two can take their steps, so many each; 0 is a step of the first, 1 of the second. */
export function interleavings(first: number, second: number): number[][] {
  if (first === 0 && second === 0) return [[]];
  const begun0 = first === 0 ? [] : interleavings(first - 1, second).map((rest) => [0, ...rest]);
  const begun1 = second === 0 ? [] : interleavings(first, second - 1).map((rest) => [1, ...rest]);
  return [...begun0, ...begun1];
}
