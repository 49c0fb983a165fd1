import { describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { counted, guardRejections, mustNotLoad, reads, settle } from '../helpers.js';
import { failure, LateAnswers, Source, twoInstances, World, type Instance } from './world.js';

guardRejections();

describe('Invalidating a tag', () => {
  it('voids what was stored with it on all instances, in every namespace, and nothing else', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('one', 1, { tags: ['t', 'u'] });
    await b.cache.namespace('n').set('two', 2, { tags: ['u', 't'] });
    await a.cache.set('three', 3, { tags: ['u'] });
    await a.cache.set('four', 4);
    for (const { cache } of [a, b]) {
      await cache.getMany(['one', 'three', 'four']);
      await cache.namespace('n').get('two');
    }
    await b.cache.invalidateTags(['t']);
    for (const { cache } of [a, b]) {
      expect(cache.peek('one')).toBeUndefined();
      expect(cache.namespace('n').peek('two')).toBeUndefined();
      expect(await cache.getMany(['one', 'three', 'four'])).toEqual(
        new Map([
          ['three', 3],
          ['four', 4],
        ]),
      );
      expect(await cache.namespace('n').get('two')).toBeUndefined();
    }
  });

  it('is one message, whatever the number of values', async () => {
    const world = await twoInstances();
    const { a, shared } = world;
    const many = Array.from({ length: 200 }, (_, n) => [`key-${n}`, n] as const);
    await a.cache.setMany(many, { tags: ['t'] });
    const { length } = world.recorded;
    const discards = a.store.calls('discard');
    await a.cache.invalidateTags(['t', 'u']);
    expect(world.recorded.slice(length)).toEqual([{ tags: ['t', 'u'] }]);
    expect(a.store.calls('discard')).toBe(discards);
    expect(shared.getFenced('default::key-1')).toBeDefined();
    expect((await a.cache.getMany(many.map(([key]) => key))).size).toBe(0);
  });

  it('of many at once is several messages', async () => {
    const world = await twoInstances();
    await world.a.cache.invalidateTags(Array.from({ length: 1001 }, (_, n) => `tag-${n}`));
    expect(world.recorded.map(({ tags }) => tags?.length)).toEqual([500, 500, 1]);
  });

  it('voids what a loader has given the tag itself', async () => {
    const { a, b } = await twoInstances();
    await a.cache.getOrCompute(
      'key',
      (context) => {
        context.addTags('from-loader');
        context.addTags('second');
        return 'old';
      },
      { tags: ['from-options'] },
    );
    for (const tag of ['from-loader', 'second', 'from-options']) {
      expect(await b.cache.get('key')).toBe('old');
      await b.cache.invalidateTags([tag]);
      expect(a.cache.peek('key')).toBeUndefined();
      expect(await b.cache.get('key')).toBeUndefined();
      await a.cache.set('key', 'old', { tags: ['from-loader', 'second', 'from-options'] });
    }
  });

  it('voids what a batch and a refresh have stored with it', async () => {
    const { a, b } = await twoInstances();
    await a.cache.getOrComputeMany(['one'], async () => [['one', 1]], { tags: ['t'] });
    await a.cache.refresh('two', () => 2, { tags: ['t'] });
    await b.cache.invalidateTags(['t']);
    expect(a.cache.peek('one')).toBeUndefined();
    expect(a.cache.peek('two')).toBeUndefined();
    expect(await b.cache.getMany(['one', 'two'])).toEqual(new Map());
  });

  it('has a load that began before it answered to its caller and kept nowhere', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    await b.cache.invalidateTags(['t']);
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
    expect(a.cache.stats().fenced).toBe(1);
  });

  it('voids what was filled while the message was held back, for all who read it', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    a.bus.hold();
    const reading = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    await b.cache.invalidateTags(['t']);
    source.release();
    expect(await reading).toBe(1);
    expect(await b.cache.get('key')).toBeUndefined();
    a.bus.release();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('drops from memory what was filled just before it, though the message came during the fill', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    late.hold('fill');
    const reading = a.cache.getOrCompute('key', () => 'old', { tags: ['t'] });
    await settle();
    await b?.cache.invalidateTags(['t']);
    late.release('fill');
    expect(await reading).toBe('old');
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('keeps a reader that comes after it from joining a load that began before it', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const before = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    source.version = 2;
    await b.cache.invalidateTags(['t']);
    const after = a.cache.getOrCompute('key', source.load, { tags: ['t'] });
    await settle();
    source.release();
    expect(await before).toBe(1);
    expect(await after).toBe(2);
  });

  it('holds at once for the instance that asked, though its own message is held back', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('key', 'old', { tags: ['t'] });
    a.bus.hold();
    await a.cache.invalidateTags(['t']);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await b.cache.get('key')).toBeUndefined();
  });

  it('holds for what memory has, though the keeper has told of it before the message', async () => {
    const { a, b, clock } = await twoInstances();
    for (const key of ['one', 'two']) await b.cache.set(key, 'old', { tags: ['t'] });
    await askKeeper(a, clock);
    await a.cache.get('one');
    // A hit finds it valid, and need not look again before something is invalidated.
    expect(a.cache.peek('one')).toBe('old');
    a.bus.hold();
    await b.cache.invalidateTags(['t']);
    await clock.advance(1001);
    // Nothing is proved, so the keeper is asked about what the store holds.
    expect(await a.cache.get('two')).toBeUndefined();
    a.bus.release();
    expect(a.cache.peek('one')).toBeUndefined();
  });

  it('holds for what memory has, though the keeper has told of everything before the message', async () => {
    const { a, b, clock } = await twoInstances();
    for (const key of ['one', 'two']) await b.cache.set(key, 'old');
    await askKeeper(a, clock);
    await a.cache.get('one');
    expect(a.cache.peek('one')).toBe('old');
    a.bus.hold();
    await b.cache.clear();
    await clock.advance(1001);
    expect(await a.cache.get('two')).toBeUndefined();
    a.bus.release();
    expect(a.cache.peek('one')).toBeUndefined();
  });

  it('costs a hit nothing that is beside it', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('key', 'value', { tags: ['u'] });
    const asked = reads(a.store) + a.store.calls('getFenced');
    await b.cache.invalidateTags(['t']);
    expect(await a.cache.getOrCompute('key', mustNotLoad)).toBe('value');
    expect(reads(a.store) + a.store.calls('getFenced')).toBe(asked);
  });
});

describe('What is older than the instance', () => {
  it('is asked about once, and then trusted in memory', async () => {
    const world = await twoInstances();
    const { a } = world;
    await a.cache.set('key', 'value', { tags: ['t'] });
    await a.cache.remove('other');
    const c = world.instance('c');
    const check = counting(c.bus);
    expect(await c.cache.get('key')).toBe('value');
    expect(check.count).toBe(1);
    expect(c.cache.peek('key')).toBe('value');
    expect(await c.cache.get('key')).toBe('value');
    await a.cache.set('another', 'value', { tags: ['t'] });
    expect(await c.cache.get('another')).toBe('value');
    expect(check.count).toBe(1);
  });

  it('is not answered when its tag was invalidated before the instance came', async () => {
    const world = await twoInstances();
    const { a } = world;
    await a.cache.set('key', 'old', { tags: ['t'] });
    await a.cache.invalidateTags(['t']);
    const c = world.instance('c');
    const loader = counted(() => 'new');
    expect(await c.cache.getOrCompute('key', loader, { tags: ['t'] })).toBe('new');
    expect(loader.runs).toBe(1);
    expect(await a.cache.get('key')).toBe('new');
  });

  it.each(['namespace', 'everything'])(
    'is not answered when %s was cleared before',
    async (what) => {
      const world = await twoInstances();
      const { a } = world;
      await a.cache.namespace('n').set('key', 'old');
      await (what === 'everything' ? a.cache : a.cache.namespace('n')).clear();
      await a.cache.remove('other');
      const c = world.instance('c');
      expect(await c.cache.namespace('n').get('key')).toBeUndefined();
    },
  );

  it('is not answered when the keeper does not answer', async () => {
    const world = await twoInstances();
    const { a } = world;
    await a.cache.set('key', 'value', { tags: ['t'] });
    await a.cache.remove('other');
    const c = world.instance('c');
    await c.cache.healthCheck();
    c.bus.sever();
    expect(await c.cache.get('key')).toBeUndefined();
  });
});

describe('Tags that have been forgotten', () => {
  it('err on the safe side: what is older is asked about', async () => {
    const { a, b } = await twoInstances();
    await a.cache.set('void', 'old', { tags: ['first'] });
    await a.cache.set('good', 'value', { tags: ['never'] });
    await b.cache.get('good');
    await a.cache.invalidateTags(['first']);
    await a.cache.invalidateTags(Array.from({ length: 10_001 }, (_, n) => `tag-${n}`));
    const check = counting(b.bus);
    expect(b.cache.peek('good')).toBeUndefined();
    expect(await b.cache.get('void')).toBeUndefined();
    expect(check.count).toBe(1);
    expect(await b.cache.get('good')).toBe('value');
    expect(b.cache.peek('good')).toBe('value');
  });

  it('cost a cache of one process the values that are older, and nothing more', async () => {
    const cache = createTieredCache({ tiers: [memoryTier()] });
    await cache.set('void', 'old', { tags: ['first'] });
    await cache.invalidateTags(['first']);
    await cache.invalidateTags(Array.from({ length: 10_001 }, (_, n) => `tag-${n}`));
    expect(await cache.get('void')).toBeUndefined();
    await cache.set('later', 'value', { tags: ['first'] });
    expect(await cache.get('later')).toBe('value');
    await cache.close();
  });
});

describe('Tags that are none', () => {
  it.each([[['']], [['a\0']], [['x'.repeat(257)]], [['\ud800']], [[1]], ['t']])(
    'are refused: %j',
    async (tags) => {
      const { a } = await twoInstances();
      const given = tags as string[];
      expect(await failure(a.cache.invalidateTags(given))).toBeInstanceOf(InvalidOptionError);
      expect(await failure(a.cache.set('key', 1, { tags: given }))).toBeInstanceOf(
        InvalidOptionError,
      );
    },
  );

  it('or too many for one value are refused', async () => {
    const { a } = await twoInstances();
    const tags = Array.from({ length: 65 }, (_, n) => `t${n}`);
    expect(await failure(a.cache.set('key', 1, { tags }))).toBeInstanceOf(InvalidOptionError);
    const loading = a.cache.getOrCompute('key', (context) => {
      context.addTags(...tags);
      return 1;
    });
    expect(await failure(loading)).toBeInstanceOf(InvalidOptionError);
  });
});

/** Without a proof, the keeper is asked; then all is proved again. */
async function askKeeper({ cache, bus }: Instance, clock: World['clock']): Promise<void> {
  await cache.set('asked', 'value');
  bus.hold();
  await clock.advance(1001);
  await cache.get('asked');
  bus.release();
}

/** How often the keeper of the log is asked from now on. */
function counting(bus: { check: (tags: readonly string[]) => Promise<unknown> }) {
  const counter = { count: 0 };
  const check = bus.check.bind(bus);
  Object.assign(bus, {
    check: (tags: readonly string[]) => {
      counter.count++;
      return check(tags);
    },
  });
  return counter;
}
