import { describe, expect, it } from '@jest/globals';
import { counted, guardRejections, mustNotLoad, recordEvents, settle } from '../helpers.js';
import { MAX_UNVERIFIED, STALENESS, twoInstances, World, type Instance } from './world.js';

guardRejections();

describe('An instance that has lost a message', () => {
  it('serves from memory until its proof is older than the staleness, and nothing old after', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    await a.cache.get('key');
    a.bus.lose();
    await b.cache.remove('key');
    await clock.advance(STALENESS);
    expect(a.cache.peek('key')).toBe('old');
    await clock.advance(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('learns of it by the next one, and serves nothing old from then on', async () => {
    const { a, b } = await twoInstances();
    await b.cache.setMany([
      ['key', 'old'],
      ['other', 'value'],
    ]);
    await a.cache.getMany(['key', 'other']);
    a.bus.lose();
    await b.cache.remove('key');
    await b.cache.remove('third');
    expect(a.cache.peek('key')).toBeUndefined();
    expect(a.cache.peek('other')).toBe('value');
    expect(a.cache.stats().coherence.gaps).toBe(1);
  });

  it('of a tag serves nothing old from the store as soon as that can matter', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old', { tags: ['t'] });
    a.bus.lose();
    await b.cache.invalidateTags(['t']);
    // Its proof is young still, so it may believe that the tag has not been invalidated.
    await clock.advance(900);
    expect(await a.cache.get('key')).toBe('old');
    await clock.advance(100);
    expect(a.cache.peek('key')).toBe('old');
    // What it read is no younger than the proof by which it was judged.
    await clock.advance(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBeUndefined();
  });

  it('keeps what it loaded later for as long as the staleness after the load', async () => {
    const { a, b, clock } = await twoInstances();
    a.bus.lose();
    await b.cache.remove('key');
    await clock.advance(2000);
    await a.cache.getOrCompute('key', () => 'new');
    await clock.advance(STALENESS);
    expect(a.cache.peek('key')).toBe('new');
    await clock.advance(1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.getOrCompute('key', mustNotLoad)).toBe('new');
  });
});

describe('While the data still answers, an instance without a proof', () => {
  it('asks the log about each entry, and trusts it for the staleness', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('good', 'value', { tags: ['t'] });
    await b.cache.set('void', 'old', { tags: ['u'] });
    await a.cache.getMany(['good', 'void']);
    a.bus.hold();
    await b.cache.invalidateTags(['u']);
    await clock.advance(STALENESS + 1);
    expect(await a.cache.get('good')).toBe('value');
    expect(await a.cache.get('void')).toBeUndefined();
    expect(a.cache.peek('good')).toBe('value');
    await clock.advance(STALENESS + 1);
    expect(a.cache.peek('good')).toBeUndefined();
    expect(await a.cache.getMany(['good', 'void'])).toEqual(new Map([['good', 'value']]));
  });

  it.each([
    ['everything', ({ cache }: Instance) => cache.clear()],
    ['the namespace', ({ cache }: Instance) => cache.namespace('n').clear()],
    ['the key', ({ cache }: Instance) => cache.namespace('n').remove('key')],
    ['the pattern', ({ cache }: Instance) => cache.namespace('n').removePattern('k*')],
  ])('serves nothing old when %s has gone', async (_, invalidate) => {
    const { a, b, clock } = await twoInstances();
    await b.cache.namespace('n').set('key', 'old');
    await a.cache.namespace('n').get('key');
    a.bus.hold();
    await invalidate(b);
    await clock.advance(STALENESS + 1);
    expect(await a.cache.namespace('n').get('key')).toBeUndefined();
  });

  it('does not go on serving as if nothing answered, whatever maxUnverified says', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    await a.cache.get('key');
    a.bus.hold();
    await b.cache.set('key', 'new');
    const answers: unknown[] = [];
    for (let waited = 100; waited <= 3 * STALENESS; waited += 100) {
      await clock.advance(100);
      answers.push(await a.cache.get('key'));
    }
    expect(new Set(answers.slice(STALENESS / 100))).toEqual(new Set(['new']));
  });

  it('has nothing vouched for where the log does not hold its place any more', async () => {
    const { a, b, log, clock } = await twoInstances();
    await b.cache.set('key', 'value');
    a.bus.hold();
    await b.cache.remove('other');
    await b.cache.remove('third');
    log.trim(1);
    await clock.advance(STALENESS + 1);
    expect(await a.cache.get('key')).toBeUndefined();
    a.bus.release();
    expect(await a.cache.get('key')).toBe('value');
  });

  it('loads what it cannot have vouched for, and lets other instances judge it', async () => {
    const { a, b, log, clock } = await twoInstances();
    await b.cache.set('key', 'old', { tags: ['t'] });
    await a.cache.get('key');
    a.bus.hold();
    await b.cache.invalidateTags(['t']);
    log.trim();
    await clock.advance(STALENESS + 1);
    // The log does not hold its place any more, so nothing can be said.
    const loader = counted(() => 'new');
    expect(await a.cache.getOrCompute('key', loader, { tags: ['t'] })).toBe('new');
    expect(loader.runs).toBe(1);
    // It is stamped with the place that is known here, which is before the tag was invalidated.
    expect(await b.cache.get('key')).toBeUndefined();
  });
});

describe('While nothing answers', () => {
  it('serve goes on, each entry until maxUnverified after it was last known good', async () => {
    const { a, clock } = await twoInstances();
    await a.cache.set('key', 'value', { ttl: '1h' });
    await clock.advance(500);
    cutOff(a);
    await clock.advance(400);
    await a.cache.getOrCompute('later', () => 'loaded', { ttl: '1h' });
    await serveAlong(a, clock, MAX_UNVERIFIED - 500);
    expect(await a.cache.get('key')).toBe('value');
    await clock.advance(101);
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await a.cache.get('later')).toBe('loaded');
    await clock.advance(400);
    expect(await a.cache.get('later')).toBeUndefined();
  });

  it('serve answers again from memory at once, as soon as it is known that nothing answers', async () => {
    const { a, clock } = await twoInstances();
    await a.cache.set('key', 'value');
    cutOff(a);
    await clock.advance(STALENESS + 1);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(await a.cache.get('key')).toBe('value');
    await settle();
    expect(a.cache.peek('key')).toBe('value');
    expect(a.cache.stats().coherence.unverifiedHits).toBe(1);
    expect(a.cache.stats().coherence.verified).toBe(false);
  });

  it('a batch is served the same way', async () => {
    const { a, clock } = await twoInstances();
    await a.cache.set('key', 'value');
    cutOff(a);
    await clock.advance(STALENESS + 1);
    expect(await a.cache.getMany(['key', 'none'])).toEqual(new Map([['key', 'value']]));
    const computed = await a.cache.getOrComputeMany(['key', 'none'], async (keys) =>
      keys.map((key) => [key, 'loaded']),
    );
    expect(Object.fromEntries(computed)).toEqual({ key: 'value', none: 'loaded' });
  });

  it('bypass serves for the staleness only', async () => {
    const world = new World();
    const a = world.instance('a', { coherence: { whenUnverified: 'bypass' } });
    await a.cache.healthCheck();
    await a.cache.set('key', 'value');
    cutOff(a);
    await world.clock.advance(STALENESS);
    expect(await a.cache.get('key')).toBe('value');
    await world.clock.advance(1);
    expect(await a.cache.get('key')).toBeUndefined();
    await settle();
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await a.cache.getOrCompute('key', () => 'loaded')).toBe('loaded');
    await world.clock.advance(STALENESS);
    expect(await a.cache.getOrCompute('key', mustNotLoad)).toBe('loaded');
  });

  it('loads are shared in the process and kept in memory, until it is known what is void', async () => {
    const { a, b } = await twoInstances();
    cutOff(a);
    const loader = counted(() => 'value');
    await Promise.all([
      a.cache.getOrCompute('key', loader),
      a.cache.getOrCompute('key', loader),
      a.cache.getOrCompute('tagged', loader, { tags: ['t'] }),
    ]);
    expect(loader.runs).toBe(2);
    await b.cache.remove('key');
    await b.cache.invalidateTags(['t']);
    expect(a.cache.peek('key')).toBe('value');
    reconnect(a);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(a.cache.peek('tagged')).toBeUndefined();
  });

  it('what has been invalidated here is not served', async () => {
    const { a, clock } = await twoInstances();
    await a.cache.setMany(
      [
        ['key', 'old'],
        ['other', 'old'],
      ],
      { tags: ['t'] },
    );
    cutOff(a);
    await clock.advance(STALENESS + 1);
    await a.cache.remove('key').catch(() => undefined);
    expect(await a.cache.get('key')).toBeUndefined();
    expect(await a.cache.get('other')).toBe('old');
    await a.cache.invalidateTags(['t']).catch(() => undefined);
    expect(await a.cache.get('other')).toBeUndefined();
  });
});

describe('An instance that is cut off and comes back', () => {
  it('has caught up before it trusts its memory again', async () => {
    const { a, b } = await twoInstances();
    await b.cache.setMany([
      ['key', 'old'],
      ['other', 'value'],
    ]);
    await a.cache.getMany(['key', 'other']);
    const events = recordEvents(a.cache);
    cutOff(a);
    await b.cache.set('key', 'new');
    reconnect(a);
    expect(a.cache.peek('key')).toBeUndefined();
    expect(a.cache.peek('other')).toBe('value');
    expect(await a.cache.get('key')).toBe('new');
    expect(events.filter(({ type }) => type === 'verification')).toEqual([
      { type: 'verification', verified: false },
      { type: 'verification', verified: true },
    ]);
  });

  it('does not serve as if nothing answered, once something does', async () => {
    const { a, b, clock } = await twoInstances();
    await b.cache.set('key', 'old');
    await a.cache.get('key');
    cutOff(a);
    await clock.advance(STALENESS + 1);
    expect(await a.cache.get('key')).toBe('old');
    await settle();
    reconnect(a);
    a.bus.hold();
    await b.cache.set('key', 'new');
    await clock.advance(STALENESS + 1);
    expect(await a.cache.get('key')).toBe('new');
  });
});

function cutOff({ bus, store }: Instance): void {
  bus.sever();
  store.fail(new Error('down'));
}

function reconnect({ bus, store }: Instance): void {
  store.heal();
  bus.restore();
}

/** Reads on and off while the time passes, as callers do. */
async function serveAlong({ cache }: Instance, clock: World['clock'], ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await clock.advance(Math.min(250, left));
    await cache.getMany(['key', 'later']);
  }
}
