import { Injectable } from '@nestjs/common';

/** How long a load takes where nothing is wrong, in milliseconds. */
export const LOAD_TIME = 5;
export const SLOW_LOAD_TIME = 2000;
/** How long a flapping origin stays as it is. */
const FLAP = 150;
const TEXT = 'a value of about a kilobyte, as many are '.repeat(20);

/**
 * `fine` answers in 5 ms, `slow` in 2 s, `failing` rejects, `flapping` does the one and the other by turns,
 * `hanging` never answers and ends when it is told to stop, `deaf` does not even then, and `dead` has died in the middle of what was under way and refuses all that comes.
 */
export type OriginMode = 'fine' | 'slow' | 'failing' | 'flapping' | 'hanging' | 'deaf' | 'dead';

/** What the cache holds here. */
export interface Product {
  readonly key: string;
  readonly version: number;
  readonly text: string;
}

export interface OriginCounts {
  /** Loads begun, by what their keys begin with. */
  readonly loads: Readonly<Record<string, number>>;
  readonly failed: number;
  /** The most loads at a time. */
  readonly most: number;
  /** The most loads of the same key at a time. */
  readonly mostOfOneKey: number;
}

/** The store behind the cache, which counts its calls. */
@Injectable()
export class Origin {
  readonly #versions = new Map<string, number>();
  readonly #loads: Record<string, number> = {};
  readonly #running = new Map<string, number>();
  #under = 0;
  #failed = 0;
  #most = 0;
  #mostOfOneKey = 0;
  #mode: OriginMode = 'fine';
  #since = 0;
  /** End what is under way. */
  readonly #crashes = new Set<() => void>();

  become(mode: OriginMode): void {
    this.#mode = mode;
    this.#since = performance.now();
    if (mode === 'dead') for (const crash of this.#crashes) crash();
  }

  get counts(): OriginCounts {
    const counts = {
      loads: { ...this.#loads },
      failed: this.#failed,
      most: this.#most,
      mostOfOneKey: this.#mostOfOneKey,
    };
    // What is asked for next is counted from here.
    this.#most = this.#under;
    this.#mostOfOneKey = Math.max(0, ...this.#running.values());
    return counts;
  }

  /** Changes what stands under a key. @returns the new version */
  async write(key: string): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, LOAD_TIME));
    const version = (this.#versions.get(key) ?? 0) + 1;
    this.#versions.set(key, version);
    return version;
  }

  /**
   * Reads as soon as it begins, and answers later: the worst that a loader can do.
   *
   * @param signal tells it to stop
   */
  async load(key: string, signal?: AbortSignal): Promise<Product> {
    const [kind = ''] = key.split(':');
    this.#loads[kind] = (this.#loads[kind] ?? 0) + 1;
    this.#enter(key);
    try {
      const product = { key, version: this.#versions.get(key) ?? 0, text: TEXT };
      await this.#work(signal);
      return product;
    } catch (error) {
      this.#failed++;
      throw error;
    } finally {
      this.#leave(key);
    }
  }

  async #work(signal: AbortSignal | undefined): Promise<void> {
    const mode = this.#mode;
    if (mode === 'hanging' || mode === 'deaf') {
      return hang(mode === 'hanging' ? signal : undefined);
    }
    await this.#wait(mode === 'slow' ? SLOW_LOAD_TIME : LOAD_TIME);
    const isDown = Math.floor((performance.now() - this.#since) / FLAP) % 2 === 0;
    if (mode === 'failing' || mode === 'dead' || (mode === 'flapping' && isDown)) {
      throw new Error(`the origin is ${mode}`);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const crash = (): void => {
        clearTimeout(timer);
        this.#crashes.delete(crash);
        reject(new Error('the connection to the origin is lost'));
      };
      const timer = setTimeout(() => {
        this.#crashes.delete(crash);
        resolve();
      }, ms);
      this.#crashes.add(crash);
    });
  }

  #enter(key: string): void {
    const running = (this.#running.get(key) ?? 0) + 1;
    this.#running.set(key, running);
    this.#most = Math.max(this.#most, ++this.#under);
    this.#mostOfOneKey = Math.max(this.#mostOfOneKey, running);
  }

  #leave(key: string): void {
    const running = (this.#running.get(key) ?? 0) - 1;
    if (running > 0) this.#running.set(key, running);
    else this.#running.delete(key);
    this.#under--;
  }
}

/** Until it is told to stop. */
function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
