import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import type { Stamp } from '../../lib/contract/entry.js';
import { ClosedError, InvalidOptionError } from '../../lib/contract/errors.js';
import type {
  InvalidationRecord,
  InvalidationsOptions,
} from '../../lib/core/coherence/invalidation-audit.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { guardRejections, recordEvents } from '../core/helpers.js';
import { readPage } from '../docs/pages.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { Instances, share } from './helpers.js';
import { eventually } from '../support/patience.js';

guardRejections();

let server: RedisServer;
const instances = new Instances();
let one: TieredCache;
let two: TieredCache;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.call('FLUSHALL');
  one = instances.create(server.url, { origin: 'one' });
  two = instances.create(server.url, { origin: 'two' });
  await Promise.all([one, two].map((cache) => cache.healthCheck()));
});
afterEach(() => instances.close());

/** What the cache tells of invalidations, and how it ends. */
function watch(cache: TieredCache, options?: InvalidationsOptions) {
  const seen = { records: [] as InvalidationRecord[], ended: false, error: undefined as unknown };
  cache.invalidations(options).subscribe({
    next: (record) => seen.records.push(record),
    complete: () => (seen.ended = true),
    error: (error: unknown) => (seen.error = error),
  });
  return seen;
}

/** One invalidation of each kind. */
async function invalidate(cache: TieredCache): Promise<void> {
  await cache.remove('key');
  await cache.namespace('users').removeMany(['a', 'b::c']);
  await cache.invalidateTags(['country:FR', 'city']);
  await cache.namespace('users').namespace('admins').clear();
  await cache.removePattern('k*');
  await cache.clear();
}

const KINDS = [
  { keys: [{ key: 'key', namespace: '' }] },
  {
    keys: [
      { key: 'a', namespace: 'users' },
      { key: 'b::c', namespace: 'users' },
    ],
  },
  { tags: ['country:FR', 'city'] },
  { namespaces: ['users:admins'] },
  // Before the scan, and after it.
  { patterns: ['default::k*'] },
  { patterns: ['default::k*'] },
  { all: true },
];

function scopes(records: readonly InvalidationRecord[]): object[] {
  return records.map(({ stamp: _stamp, origin: _origin, at: _at, ...scope }) => scope);
}

describe('invalidations()', () => {
  it('tells who voided what, and when, on every instance, as it happens', async () => {
    const here = watch(one);
    const there = watch(two);
    const before = Date.now();
    await invalidate(one);
    await eventually(() => [here, there].every(({ records }) => records.length === KINDS.length));
    expect(here.records).toEqual(there.records);
    expect(scopes(there.records)).toEqual(KINDS);
    for (const { origin, at, stamp } of there.records) {
      expect(origin).toMatch(/^one/);
      // Both are of this machine's clock.
      expect(at?.getTime()).toBeGreaterThanOrEqual(before - 1);
      expect(at?.getTime()).toBeLessThanOrEqual(Date.now());
      expect(stamp.epoch).toBe(there.records[0]?.stamp.epoch);
    }
    const positions = there.records.map(({ stamp }) => stamp.position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions).size).toBe(KINDS.length);
  });

  it('tells what was set and updated by its key', async () => {
    const { records } = watch(two);
    await one.set('key', 1);
    await one.update('key', 2);
    await one.setMany([
      ['a', 1],
      ['b', 2],
    ]);
    await eventually(() => records.length === 3);
    expect(records.map(({ keys = [] }) => keys.map(({ key }) => key))).toEqual([
      ['key'],
      ['key'],
      ['a', 'b'],
    ]);
  });

  it('goes on from a place in the log, or from the oldest, and then tells what comes', async () => {
    await invalidate(one);
    const all = watch(two, { since: 'oldest' });
    // The log begins by voiding all that there was before it.
    const expected = [{ all: true }, ...KINDS];
    await eventually(() => all.records.length === expected.length);
    expect(scopes(all.records)).toEqual(expected);
    const since = all.records[2]?.stamp;
    const later = watch(two, { since });
    await eventually(() => later.records.length === expected.length - 3);
    await two.remove('last');
    await eventually(() => later.records.length === expected.length - 2);
    expect(later.records).toEqual(all.records.slice(3));
    expect(later.records.at(-1)).toMatchObject({
      origin: expect.stringMatching(/^two/),
      keys: [{ key: 'last', namespace: '' }],
    });
  });

  it('says that it cannot go on from what the log has lost, and refuses what is no place', async () => {
    await one.remove('key');
    const gone: Stamp = { epoch: 1, position: 1 };
    const lost = watch(two, { since: gone });
    await eventually(() => lost.error !== undefined);
    expect(lost.error).toBeInstanceOf(InvalidOptionError);
    expect(() => two.invalidations({ since: 'newest' as never })).toThrow(InvalidOptionError);
    expect(() => two.invalidations({ since: {} as never })).toThrow(InvalidOptionError);
  });

  it('ends with the cache, and stops when nobody listens', async () => {
    const seen = watch(one);
    const told: InvalidationRecord[] = [];
    one
      .invalidations()
      .subscribe((record) => told.push(record))
      .unsubscribe();
    await one.remove('key');
    await eventually(() => seen.records.length === 1);
    expect(told).toEqual([]);
    await one.close();
    expect(seen.ended).toBe(true);
    await expect(one.invalidateTags(['tag'])).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('another writer, by the commands of the documentation', () => {
  const page = readPage('docs/redis-bus.md');
  const [, script = ''] = /^```lua\n(.*?)^```$/ms.exec(page) ?? [];
  const [byKey = '', byTag = '', everything = ''] = Array.from(
    page.matchAll(/^redis-cli EVAL "\$\(cat invalidate\.lua\)" (.*)$/gm),
    ([, line = '']) => line,
  );

  function run(line: string): Promise<unknown> {
    const args = Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, text, bare]) => text ?? bare);
    return server.call('EVAL', script, ...args.map((arg) => arg ?? ''));
  }

  it.each([
    ['a key', byKey, ['city:42']],
    ['a tag', byTag, ['city:42', 'city:43']],
    ['everything', everything, ['city:42', 'city:43', 'other']],
  ])('voids %s for all instances', async (_, line, gone) => {
    expect(line).toContain('city-guide');
    const options = { namespace: 'city-guide' };
    const guides = [1, 2].map(() => instances.create(server.url, {}, options));
    await Promise.all(guides.map((cache) => cache.healthCheck()));
    await share(guides, 'city:42', 'old', { tags: ['country:FR'] });
    await share(guides, 'city:43', 'old', { tags: ['country:FR'] });
    await share(guides, 'other', 'old');
    const [guide] = guides;
    const seen = guide && watch(guide);
    await run(line);
    const late = instances.create(server.url, {}, options);
    for (const cache of guides) {
      await eventually(() => gone.every((key) => cache.peek(key) === undefined));
    }
    for (const cache of [...guides, late]) {
      const left = ['city:42', 'city:43', 'other'].filter((key) => !gone.includes(key));
      const found = await cache.getMany(['city:42', 'city:43', 'other']);
      expect([...found.keys()]).toEqual(left);
    }
    expect(seen?.records.map(({ origin }) => origin)).toEqual(['writer']);
    expect(await late.getOrCompute('city:42', () => 'new')).toBe('new');
  });
});

describe('what a cache tells of its coherence', () => {
  it('is true: what it has sent, what it has heard, what it has waited for and thrown away', async () => {
    expect(one.stats().coherence).toMatchObject({
      shared: true,
      verified: true,
      published: 0,
      received: 0,
      pending: 0,
      gaps: 0,
      resets: 0,
      malformed: 0,
      fillsRejected: 0,
      waits: 0,
      unverifiedHits: 0,
    });
    await one.remove('a');
    await one.invalidateTags(['tag']);
    await eventually(() => [one, two].every((cache) => cache.stats().coherence.received === 2));
    expect(one.stats().coherence).toMatchObject({ published: 2, received: 2 });
    expect(two.stats().coherence).toMatchObject({ published: 0, received: 2 });
    await eventually(() => two.stats().coherence.lag !== undefined);
    expect(two.stats().coherence.lag).toBeGreaterThanOrEqual(0);
  });

  it('is told as not shared by a cache without Redis', async () => {
    const alone = instances.add({ tiers: [memoryTier()] });
    expect(alone.stats().coherence).toMatchObject({ shared: false, verified: true, pending: 0 });
    expect((await alone.healthCheck()).coherence).toEqual({
      shared: false,
      verified: true,
      unverifiedFor: undefined,
      pending: 0,
    });
  });

  it('is told by events: what was cleared, by tag too, once', async () => {
    const events = recordEvents(one);
    await one.invalidateTags(['tag', 'tag']);
    await one.invalidateTags([]);
    await one.namespace('users').clear();
    expect(events).toEqual([
      { type: 'invalidateTags', tags: ['tag'] },
      { type: 'clear', namespace: 'users' },
    ]);
  });
});

/** The sockets and timers that keep this process. */
function resources(): number {
  const types = process.getActiveResourcesInfo();
  return types.filter((type) => type === 'TCPSocketWrap' || type === 'Timeout').length;
}

describe('a cache that is made and closed a hundred times', () => {
  it('leaves no connection, no timer and no lease behind', async () => {
    await instances.close();
    const clients = async (): Promise<number> =>
      Number(/^connected_clients:(\d+)/m.exec(String(await server.call('INFO', 'clients')))?.[1]);
    await eventually(async () => (await clients()) === 1);
    const before = resources();
    for (let round = 0; round < 100; round++) {
      const cache = instances.create(server.url);
      if (round % 4 === 0) await cache.healthCheck();
      if (round % 4 === 1) await cache.set('key', round);
      if (round % 4 === 2) await cache.getOrCompute(`key ${round}`, () => round);
      if (round % 4 === 3) void cache.get('key').catch(() => undefined);
      await instances.close();
    }
    await eventually(async () => (await clients()) === 1);
    await eventually(() => resources() <= before);
    expect((await storedNames(server)).leases).toEqual([]);
  });
});
