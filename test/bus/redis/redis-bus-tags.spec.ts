import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { RedisServer } from '../../support/redis-server.js';
import { eventually, NEVER_STALE, PATIENT } from '../../support/patience.js';

const META = '{cache-tier:}:m';

/** So many fields of the hash may be no counters of tags. */
const OTHERS = 6;

let server: RedisServer;
let admin: Redis;
let bus: RedisBus;

beforeAll(async () => {
  server = await RedisServer.start();
  admin = new Redis(server.url);
});

beforeEach(async () => {
  await admin.flushall();
});

afterEach(() => bus.close());

afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

async function join(maxTags?: number): Promise<void> {
  bus = new RedisBus({ url: server.url, staleness: NEVER_STALE, maxTags, ...PATIENT });
  const recorder = new BusRecorder(bus);
  await bus.connect();
  await eventually(() => bus.verifiedAt > -Infinity && recorder.told > 0);
}

/** Where each tag was invalidated last, by what `publish` has answered. */
class Truth {
  readonly #at = new Map<string, number>();

  get tags(): string[] {
    return Array.from(this.#at.keys());
  }

  async invalidate(...tags: string[]): Promise<void> {
    const { position } = await bus.publish({ tags });
    for (const tag of tags) this.#at.set(tag, position);
  }

  /** Tags that `check` says were invalidated earlier than they were. */
  async understated(): Promise<string[]> {
    const { tags } = this;
    const { tags: told } = await bus.check(tags);
    return tags.filter((tag, index) => (told[index] ?? -1) < (this.#at.get(tag) ?? 0));
  }
}

function floor(): Promise<number> {
  return admin.hget(META, 'f').then(Number);
}

describe('counters of tags', () => {
  it('are all there below the bound, and a tag that never was invalidated has none', async () => {
    await join(300);
    const truth = new Truth();
    for (let index = 0; index < 300; index++) await truth.invalidate(`tag ${index}`);

    expect(await admin.hlen(META)).toBe(300 + 4);
    expect(await truth.understated()).toEqual([]);
    expect((await bus.check(['never'])).tags).toEqual([0]);
  });

  it('stay within the bound, and no tag is ever said to be younger than it is', async () => {
    const bound = 500;
    await join(bound);
    const truth = new Truth();
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < 500; index++) await truth.invalidate(`${round}/${index}`);
      expect(await truth.understated()).toEqual([]);
    }

    expect(await admin.hlen(META)).toBeLessThanOrEqual(bound + OTHERS);
    expect(await truth.understated()).toEqual([]);
    expect((await bus.check(['never'])).tags).toEqual([await floor()]);
  });

  it('what was invalidated lately keeps its counter: the floor is low', async () => {
    await join(2_000);
    const truth = new Truth();
    const { position: before } = bus.stamp;
    for (let index = 0; index < 10_000; index += 10) {
      await truth.invalidate(...Array.from({ length: 10 }, (_, at) => `tag ${index + at}`));
    }

    // 2,000 counters are those of the last 200 invalidations.
    await eventually(() => bus.stamp.position - before === 1_000);
    expect(await floor()).toBeLessThan(bus.stamp.position - 100);
    expect(await truth.understated()).toEqual([]);
  });

  it.each([1, 10])(
    'a bound of %i holds where an invalidation has more tags than that',
    async (bound) => {
      await join(bound);
      const truth = new Truth();
      for (let index = 0; index < 20; index++) {
        await truth.invalidate(...Array.from({ length: 100 }, (_, at) => `${index}/${at}`));
      }
      expect(await truth.understated()).toEqual([]);
      for (let index = 0; index < 20; index++) await truth.invalidate(`${index}/0`);

      expect(await admin.hlen(META)).toBeLessThanOrEqual(bound + OTHERS);
      expect(await truth.understated()).toEqual([]);
    },
  );

  it('a bound that was lowered is reached in steps', async () => {
    await join();
    const truth = new Truth();
    await truth.invalidate(...Array.from({ length: 5_000 }, (_, at) => `tag ${at}`));
    expect(await admin.hlen(META)).toBeGreaterThan(5_000);
    await bus.close();
    await join(100);
    await truth.invalidate('one');
    expect(await admin.hlen(META)).toBeGreaterThan(4_000);
    for (let index = 0; index < 300; index++) await truth.invalidate('one');

    expect(await admin.hlen(META)).toBeLessThanOrEqual(100 + OTHERS);
    expect(await truth.understated()).toEqual([]);
  });

  it('a tag that is invalidated again after its counter was removed has one again', async () => {
    await join(10);
    const truth = new Truth();
    for (let index = 0; index < 200; index++) await truth.invalidate(`tag ${index}`);
    const { position } = await bus.publish({ tags: ['tag 0'] });

    expect((await bus.check(['tag 0', 'tag 1'])).tags).toEqual([position, await floor()]);
    expect(await floor()).toBeLessThan(position);
  });

  it('keys and patterns cost no counter, and remove none', async () => {
    await join(1);
    const truth = new Truth();
    await truth.invalidate('one');
    for (let index = 0; index < 5; index++) {
      await bus.publish({ keys: [`${index}`], patterns: ['*'] });
    }

    expect(await admin.hkeys(META)).toEqual(['e', 'n', 'all', 's', 't:one']);
  });

  it('a new epoch has no floor', async () => {
    await join(1);
    const truth = new Truth();
    for (let index = 0; index < 10; index++) await truth.invalidate(`tag ${index}`);
    expect(await floor()).toBeGreaterThan(0);
    await admin.hset(META, 'n', 1);
    await bus.publish({ keys: ['key'] });

    expect(await admin.hkeys(META)).toEqual(['e', 'n', 'all', 's']);
  });
});
