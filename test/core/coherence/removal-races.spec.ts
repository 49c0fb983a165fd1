import { describe, expect, it } from '@jest/globals';
import { counted, guardRejections, mustNotLoad, settle } from '../helpers.js';
import { LateAnswers, Source, STALENESS, twoInstances, World } from './world.js';

guardRejections();

describe('A removal on another instance', () => {
  it('takes the value from the memory of every instance', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    await a.cache.getOrCompute('key', source.load);
    await b.cache.getOrCompute('key', source.load);
    source.version = 2;
    await b.cache.remove('key');
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.getOrCompute('key', source.load)).toBe(2);
    expect(await b.cache.getOrCompute('key', source.load)).toBe(2);
    expect(source.loads).toBe(2);
  });

  it('has a load that began before it answered to its caller and kept nowhere', async () => {
    const { a, b, shared } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    source.version = 2;
    await b.cache.remove('key');
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(shared.getFenced('default::key')).toBeUndefined();
    expect(a.cache.stats().fenced).toBe(1);
  });

  it('has it kept nowhere although the message is held back', async () => {
    const { a, b, shared } = await twoInstances();
    const source = new Source();
    source.hold();
    a.bus.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    source.version = 2;
    await b.cache.remove('key');
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(shared.getFenced('default::key')).toBeUndefined();
    expect(a.cache.stats().coherence.fillsRejected).toBe(1);
  });

  it('has it kept nowhere although it was told on the bus alone, by a writer who is no instance', async () => {
    const { a, log, shared } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    log.write({ keys: ['default::key'] });
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(shared.getFenced('default::key')).toBeUndefined();
  });

  it('is not undone by a load whose lease was asked for before it, and granted after it', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    const source = new Source();
    late.hold('lease');
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    await b?.cache.remove('key');
    source.version = 2;
    late.release('lease');
    expect(await reading).toBe(2);
    // Its lease is gone, so nobody would have been told of what it stored.
    expect(world.shared.getFenced('default::key')).toBeUndefined();
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('drops what was filled just before it, though its message came while the fill was answered', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    late.hold('fill');
    const reading = a.cache.getOrCompute('key', () => 'old');
    await settle();
    expect(world.shared.getFenced('default::key')).toBeDefined();
    await b?.cache.remove('key');
    late.release('fill');
    expect(await reading).toBe('old');
    expect(a.cache.peek('key')).toBeUndefined();
    expect(world.shared.getFenced('default::key')).toBeUndefined();
  });

  it('drops what was read just before it, though its message came while the read was answered', async () => {
    const late = new LateAnswers();
    const world = new World();
    const a = world.instance('a', { answering: late.through });
    const [b] = await world.join('b');
    await a.cache.healthCheck();
    await b?.cache.set('key', 'old');
    late.hold('getFenced');
    const reading = a.cache.get('key');
    await settle();
    await b?.cache.remove('key');
    late.release('getFenced');
    expect(await reading).toBe('old');
    expect(a.cache.peek('key')).toBeUndefined();
  });

  it('lets nobody join a load that began before it', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    source.hold();
    const before = a.cache.getOrCompute('key', source.load);
    await settle();
    source.version = 2;
    await b.cache.remove('key');
    const after = a.cache.getOrCompute('key', source.load);
    await settle();
    source.release();
    expect(await before).toBe(1);
    expect(await after).toBe(2);
    expect(await b.cache.get('key')).toBe(2);
  });

  it('lets nobody join a load that began before it in a batch', async () => {
    const { a, b } = await twoInstances();
    const source = new Source();
    const load = async (keys: readonly string[]) => {
      const version = await source.load();
      return keys.map((key) => [key, version] as const);
    };
    source.hold();
    const before = a.cache.getOrComputeMany(['key', 'other'], load);
    await settle();
    source.version = 2;
    await b.cache.remove('key');
    const after = a.cache.getOrComputeMany(['key', 'other'], load);
    await settle();
    source.release();
    expect(Object.fromEntries(await before)).toEqual({ key: 1, other: 1 });
    expect(Object.fromEntries(await after)).toEqual({ key: 2, other: 1 });
  });

  it('lets nobody join a load for longer than the staleness while the message is held back', async () => {
    const { a, b, clock } = await twoInstances();
    const source = new Source();
    source.hold();
    a.bus.hold();
    const before = a.cache.getOrCompute('key', source.load);
    await settle();
    source.version = 2;
    await b.cache.remove('key');
    await clock.advance(STALENESS);
    const soon = a.cache.getOrCompute('key', source.load);
    await clock.advance(1);
    const later = a.cache.getOrCompute('key', source.load);
    await settle();
    source.release();
    expect(await Promise.all([before, soon, later])).toEqual([1, 1, 2]);
  });

  it('by pattern takes leases and memory too', async () => {
    const { a, b, shared } = await twoInstances();
    const source = new Source();
    await a.cache.set('user:1', 'held');
    await a.cache.set('group:1', 'beside');
    source.hold();
    const reading = a.cache.getOrCompute('user:2', source.load);
    await settle();
    await b.cache.removePattern('user:*');
    source.release();
    expect(await reading).toBe(1);
    expect(a.cache.peek('user:1')).toBeUndefined();
    expect(a.cache.peek('user:2')).toBeUndefined();
    expect(shared.getFenced('default::user:2')).toBeUndefined();
    expect(a.cache.peek('group:1')).toBe('beside');
  });
});

describe('A removal', () => {
  it('is recorded once, and nobody repeats it', async () => {
    const world = await twoInstances();
    const { a, b } = world;
    await b.cache.set('key', 'value');
    expect(world.recorded).toHaveLength(1);
    await a.cache.remove('key');
    await settle();
    expect(a.bus.stats().published).toBe(1);
    expect(b.bus.stats().published).toBe(1);
  });

  it('does not take away at its own message what was loaded since', async () => {
    const { a, b } = await twoInstances();
    a.bus.hold();
    await a.cache.remove('key');
    const loader = counted(() => 'new');
    await a.cache.getOrCompute('key', loader);
    a.bus.release();
    expect(a.cache.peek('key')).toBe('new');
    expect(await b.cache.getOrCompute('key', mustNotLoad)).toBe('new');
  });

  it('with holdFor has the key loaded for every caller, and kept by nobody, for so long', async () => {
    const { a, b, clock, shared } = await twoInstances();
    const loader = counted(() => 'value');
    await a.cache.remove('key', { holdFor: 500 });
    for (const { cache } of [a, b]) await cache.getOrCompute('key', loader);
    await clock.advance(499);
    for (const { cache } of [a, b]) await cache.getOrCompute('key', loader);
    await a.cache.getOrComputeMany(['key'], async () => [['key', 'value']]);
    await b.cache.set('key', 'brought');
    expect(a.cache.peek('key')).toBeUndefined();
    expect(b.cache.peek('key')).toBeUndefined();
    expect(shared.getFenced('default::key')).toBeUndefined();
    expect(loader.runs).toBe(4);
    await clock.advance(1);
    for (const { cache } of [a, b, a, b]) await cache.getOrCompute('key', loader);
    expect(loader.runs).toBe(5);
  });

  it('with holdFor is not shortened by another that comes later', async () => {
    const { a, b, clock } = await twoInstances();
    await a.cache.remove('key', { holdFor: 500 });
    await b.cache.remove('key', { holdFor: 100 });
    await a.cache.remove('key');
    await clock.advance(499);
    await b.cache.getOrCompute('key', () => 'value');
    expect(b.cache.peek('key')).toBeUndefined();
  });

  it('with holdFor takes the lease of a load that is under way', async () => {
    const { a, b, shared } = await twoInstances();
    const source = new Source();
    source.hold();
    const reading = a.cache.getOrCompute('key', source.load);
    await settle();
    await b.cache.remove('key', { holdFor: 500 });
    source.release();
    expect(await reading).toBe(1);
    expect(shared.getFenced('default::key')).toBeUndefined();
  });
});
