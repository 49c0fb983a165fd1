import { AsyncLocalStorage } from 'node:async_hooks';

/** A load that waits for its turn. */
interface Waiting {
  readonly letIn: (leave: () => void) => void;
}

const holdsNoPlace = (): void => undefined;

/**
 * Lets so many loads run at a time, and has the others wait in the order in which they came. A load that needs
 * another one would wait for ever if all places were taken by loads such as itself; so what is asked for inside a
 * load needs no place. That holds for everything a load has set going, even for what goes on after its end.
 */
export class LoadQueue {
  readonly #inside = new AsyncLocalStorage<true>();
  /** By the signal of their loads; in the order of arrival. */
  readonly #waiting = new Map<AbortSignal, Waiting>();
  #running = 0;

  /** @param limit at least 1 */
  constructor(private readonly limit: number) {}

  /** How many loads wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many loads hold a place; those inside others hold none. */
  get running(): number {
    return this.#running;
  }

  /** Whether the caller is part of a load of this queue. */
  get isInside(): boolean {
    return this.#inside.getStore() === true;
  }

  /** Runs a load that has entered, so that what it asks for is known to be part of it. */
  run<T>(load: () => Promise<T>): Promise<T> {
    return this.#inside.run(true, load);
  }

  /**
   * Asks for a place.
   *
   * @param signal the load's own: when it is aborted, the load waits no more, and its reason is thrown
   * @returns what leaves the place, at once where there is room; it may be called more than once
   */
  enter(signal: AbortSignal): Promise<() => void> | (() => void) {
    if (this.isInside) return holdsNoPlace;
    if (this.#running < this.limit) return this.#take();
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const giveUp = (): void => {
        this.#waiting.delete(signal);
        reject(signal.reason);
      };
      const letIn = (leave: () => void): void => {
        this.#waiting.delete(signal);
        signal.removeEventListener('abort', giveUp);
        resolve(leave);
      };
      this.#waiting.set(signal, { letIn });
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /**
   * Lets in a load that waits, beside the limit, because a load that is running has joined it: the one would wait
   * for the other's place, and the other for the one's value.
   */
  letIn(signal: AbortSignal): void {
    this.#waiting.get(signal)?.letIn(holdsNoPlace);
  }

  #take(): () => void {
    this.#running++;
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      this.#running--;
      const [next] = this.#waiting.values();
      next?.letIn(this.#take());
    };
  }
}
