import { describe, expect, it } from '@jest/globals';
import { LoadTimeoutError } from '../../../lib/contract/errors.js';
import type { ComputeOptions } from '../../../lib/core/call-options.js';
import { Random } from '../../coherence/random.js';
import { guardRejections, settle, twoTiers, type TwoTiers } from '../helpers.js';

guardRejections();

const SEEDS = 25;
const STEPS = 500;

class LoadFailure extends Error {}

/** A key, and what its source holds. */
interface Item {
  readonly key: string;
  readonly tags: readonly string[];
  version: number;
  /** What no read that begins from now on may be older than. */
  least: number;
  /** How many changes are under way that bring a value: what is changed meanwhile may come before or after them. */
  setting: number;
}

/** One cache over a store that is slow now and then, and a source that changes, fails and is slow. */
class Model {
  readonly wrong: unknown[] = [];
  reads = 0;
  readonly #world: TwoTiers;
  readonly #items: readonly Item[] = ['plain', 'tagged', 'also tagged'].map((key) => ({
    key,
    tags: key.endsWith('tagged') ? ['t'] : [],
    version: 1,
    least: 1,
    setting: 0,
  }));
  readonly #calls = new Set<Promise<unknown>>();

  constructor(private readonly random: Random) {
    this.#world = twoTiers(
      { maxConcurrentLoads: random.pick([1, 2, 100]), random: () => random.next() },
      { writeMode: random.pick(['await', 'background'] as const) },
    );
  }

  get stale(): number {
    return this.#world.cache.stats().staleServed;
  }

  async step(): Promise<void> {
    const { random } = this;
    const { clock, remote } = this.#world;
    const act = random.weighted({ read: 55, change: 25, expire: 6, slow: 7, quick: 7 });
    if (act === 'read') this.#track(this.#read());
    else if (act === 'change') this.#track(this.#change());
    else if (act === 'expire') this.#track(this.#world.cache.expire(random.pick(this.#items).key));
    else if (act === 'slow') remote.delay(random.pick([1, 20, 200]));
    else remote.heal();
    await clock.advance(random.pick([0, 0, 1, 10, 60, 300, 1000]));
  }

  async end(): Promise<void> {
    const { cache, clock, remote } = this.#world;
    remote.heal();
    await clock.advance(20_000);
    await settle();
    if (this.#calls.size > 0) this.wrong.push(`${this.#calls.size} calls have not ended`);
    await cache.close();
    if (clock.pendingTimers > 0) this.wrong.push(`${clock.pendingTimers} timers are left`);
  }

  async #read(): Promise<void> {
    const { random } = this;
    const { cache, clock } = this.#world;
    const item = random.pick(this.#items);
    const kind = random.pick(['compute', 'compute', 'compute', 'many', 'get', 'refresh'] as const);
    const { key, least } = item;
    const took = random.pick([0, 0, 5, 150, 2000]);
    const load = async (): Promise<number> => {
      const { version } = item;
      if (took > 0) await new Promise<void>((resolve) => clock.setTimer(took, resolve));
      if (random.chance(0.2)) throw new LoadFailure();
      return version;
    };
    const options = this.#options(item);
    this.reads++;
    try {
      const answer = await {
        compute: () => cache.getOrCompute(key, load, options),
        refresh: () => cache.refresh(key, load, options),
        get: () => cache.get<number>(key),
        many: async () => {
          const found = await cache.getOrComputeMany(
            [key],
            async () => [[key, await load()]],
            options,
          );
          return found.get(key);
        },
      }[kind]();
      if (answer === undefined || (answer >= least && answer <= item.version)) return;
      this.wrong.push({ kind, key, answer, least, at: clock.now() });
    } catch (error) {
      if (!(error instanceof LoadFailure || error instanceof LoadTimeoutError)) throw error;
    }
  }

  #options({ tags }: Item): ComputeOptions<number> {
    const { random } = this;
    return {
      tags,
      ttl: random.pick([20, 300, 5000]),
      staleFor: random.pick([0, 500, 60_000]),
      failSafeThrottle: random.pick([0, 100, 5000]),
      softTimeout: random.pick([false, 0, 50]),
      hardTimeout: random.pick([false, 60, 1000]),
      earlyRefresh: random.pick([0, 1, 3]),
      jitter: random.pick([0, 0.5]),
      errorTtl: random.pick([0, 200]),
    };
  }

  async #change(): Promise<void> {
    const { cache } = this.#world;
    const item = this.random.pick(this.#items);
    const kind = this.random.pick(['remove', 'remove', 'set', 'tag', 'clear', 'pattern'] as const);
    const changed = this.#items.filter((one) => {
      if (kind === 'tag') return one.tags.length > 0;
      return kind === 'clear' || one === item;
    });
    if (changed.some(({ setting }) => setting > 0)) return;
    const versions = changed.map((one) => ++one.version);
    const { key, tags, version } = item;
    if (kind === 'set') item.setting++;
    await {
      remove: () => cache.remove(key),
      set: () => cache.set(key, version, { tags, ttl: 300, staleFor: 60_000 }),
      tag: () => cache.invalidateTags(['t']),
      clear: () => cache.clear(),
      pattern: () => cache.removePattern(key),
    }[kind]();
    if (kind === 'set') item.setting--;
    changed.forEach((one, index) => {
      one.least = Math.max(one.least, versions[index] ?? 0);
    });
  }

  #track(call: Promise<unknown>): void {
    this.#calls.add(call);
    const end = (): void => void this.#calls.delete(call);
    call.then(end, (error: unknown) => {
      end();
      this.wrong.push(error);
    });
  }
}

describe('Whatever loads do, and whatever is done about it, in a cache of one process', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => [index + 1]))(
    'no read answers what was changed before it, every call ends, and nothing is left (seed %i)',
    async (seed) => {
      const model = new Model(new Random(seed));
      for (let step = 0; step < STEPS; step++) await model.step();
      await model.end();
      expect(model.wrong).toEqual([]);
      expect(model.reads).toBeGreaterThan(STEPS / 4);
      expect(model.stale).toBeGreaterThan(0);
    },
  );
});
