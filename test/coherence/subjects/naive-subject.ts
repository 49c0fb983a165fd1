import { Redis } from 'ioredis';
import type { CheckedKey } from '../checked-key.js';
import type { Outcome, ReadKind } from '../history/history.js';
import type { Write } from '../write.js';
import type { Load, Subject, Versioned } from './subject.js';

const CHANNEL = 'naive:invalidations';
const TTL = 60_000;

/**
 * What is usually done: memory in front of Redis; who changes something deletes it there, and tells the others by
 * publish and subscribe. The control of the checker, which has to find it guilty.
 */
export class NaiveSubject implements Subject {
  readonly #memory = new Map<number, Versioned>();
  readonly #flights = new Map<number, Promise<Versioned>>();
  readonly #data: Redis;
  readonly #listener: Redis;
  #hits = 0;

  constructor(
    url: string,
    private readonly keys: readonly CheckedKey[],
  ) {
    const options = { commandTimeout: 500, maxRetriesPerRequest: 1 };
    this.#data = new Redis(url, options);
    this.#listener = new Redis(url, { maxRetriesPerRequest: null });
    for (const client of [this.#data, this.#listener]) client.on('error', () => undefined);
    this.#listener.on('message', (_channel, text) => {
      for (const key of JSON.parse(text) as number[]) this.#memory.delete(key);
    });
    this.#listener.subscribe(CHANNEL).catch(() => undefined);
  }

  async read(
    keys: readonly CheckedKey[],
    how: ReadKind,
    load: Load,
  ): Promise<readonly (Versioned | undefined)[]> {
    return Promise.all(keys.map((key) => this.#readOne(key, how, load)));
  }

  async write({ kind, keys, version }: Write): Promise<void> {
    for (const key of keys) this.#memory.delete(key);
    const names = keys.map(nameOf);
    if (version !== undefined && (kind === 'set' || kind === 'update')) {
      for (const key of keys) {
        const value = { key, version };
        await this.#data.set(nameOf(key), JSON.stringify(value), 'PX', TTL);
        this.#memory.set(key, value);
      }
    } else {
      await this.#data.del(names);
    }
    await this.#data.publish(CHANNEL, JSON.stringify(keys));
  }

  outcomeOf(): Outcome {
    return 'failed';
  }

  isSettled(): boolean {
    return this.#data.status === 'ready' && this.#listener.status === 'ready';
  }

  counts(): Readonly<Record<string, number>> {
    return { memoryHits: this.#hits, keys: this.keys.length };
  }

  async close(): Promise<void> {
    this.#data.disconnect();
    this.#listener.disconnect();
  }

  async #readOne(key: CheckedKey, how: ReadKind, load: Load): Promise<Versioned | undefined> {
    const held = this.#memory.get(key.index);
    if (held !== undefined) this.#hits++;
    if (held !== undefined || how === 'peek') return held;
    if (how === 'get' || how === 'getMany') return this.#find(key);
    let flight = this.#flights.get(key.index);
    if (flight === undefined) {
      flight = this.#findOrLoad(key, load).finally(() => this.#flights.delete(key.index));
      this.#flights.set(key.index, flight);
    }
    return flight;
  }

  async #find({ index }: CheckedKey): Promise<Versioned | undefined> {
    const text = await this.#data.get(nameOf(index)).catch(() => null);
    if (text === null) return undefined;
    const value = JSON.parse(text) as Versioned;
    this.#memory.set(index, value);
    return value;
  }

  async #findOrLoad(key: CheckedKey, load: Load): Promise<Versioned> {
    const found = await this.#find(key);
    if (found !== undefined) return found;
    const value = await load(key);
    this.#memory.set(key.index, value);
    this.#data.set(nameOf(key.index), JSON.stringify(value), 'PX', TTL).catch(() => undefined);
    return value;
  }
}

function nameOf(key: number): string {
  return `naive:${key}`;
}
