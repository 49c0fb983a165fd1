import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { RedisKeys } from '../../lib/backends/redis/redis-keys.js';
import { packFilled } from '../../lib/backends/redis/stored-bytes.js';
import { counted, guardRejections, tierStats } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { answersReads, joined } from './after-fault.js';
import { Instances, storedName } from './helpers.js';
import { eventually, PATIENT } from '../support/patience.js';

guardRejections();

let server: RedisServer;
let one: TieredCache;
let two: TieredCache;
const instances = new Instances({ ...PATIENT, staleness: 1000 });

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.call('FLUSHALL');
  one = instances.create(server.url);
  two = instances.create(server.url);
  await joined(one, two);
});
afterEach(() => instances.close());

const NAME = storedName('odd');
const LEASE = new RedisKeys('cache-tier:', '').encodeLease('default::odd');

const OTHER_TYPES: readonly (readonly [string, ...string[]])[] = [
  ['LPUSH', 'item'],
  ['SADD', 'member'],
  ['HSET', 'field', 'value'],
  ['ZADD', '1', 'member'],
  ['XADD', '*', 'field', 'value'],
];

describe.each(OTHER_TYPES)('a key of ours that holds what %s makes', (command, ...args) => {
  it.each([
    ['its value', NAME],
    ['its lease', LEASE],
  ])('(%s) is loaded each time, and all others are served', async (_, name) => {
    await server.call(command, name, ...args);
    const loader = counted(() => 'loaded');
    for (let n = 1; n <= 3; n++) {
      expect(await one.getOrCompute('odd', loader, { unless: () => true })).toBe('loaded');
      expect(loader.runs).toBe(n);
    }
    expect(await one.get('odd')).toBeUndefined();
    expect(await one.getMany(['odd', 'key'])).toEqual(new Map([['key', 'old']]));
    expect(
      await one.getOrComputeMany(['odd', 'key'], (keys) => keys.map((key) => [key, 'many'])),
    ).toEqual(
      new Map([
        ['odd', 'many'],
        ['key', 'old'],
      ]),
    );
    expect(await one.refresh('odd', loader)).toBe('loaded');
    await answersReads(one, 1);
    expect(await two.getOrCompute('one 1', () => 'not loaded')).toBe('loaded');
    expect(tierStats(one, 'redis')).toMatchObject({ refused: 0, breaker: { opened: 0 } });
  });

  it.each([
    ['its value', NAME],
    ['its lease', LEASE],
  ])('(%s) is as good as any other once it has been removed', async (_, name) => {
    await server.call(command, name, ...args);
    await one.remove('odd');
    expect(one.stats().coherence.pending).toBe(0);
    expect(await one.getOrCompute('odd', () => 'loaded')).toBe('loaded');
    expect(await two.get('odd')).toBe('loaded');
  });
});

const TOKEN = 'a'.repeat(16);

/** An entry as it is stored. */
async function storedEntry(): Promise<Buffer> {
  await one.set('odd', { text: 'a value of some length', list: [1, 2, 3] }, { ttl: '1h' });
  const bytes = await one.backend('redis').get('default::odd');
  if (bytes === undefined) throw new Error('nothing is stored');
  return Buffer.from(bytes);
}

/** What reads of each kind answer that find these bytes; and what another instance finds after them. */
async function readsOf(stored: Buffer): Promise<readonly unknown[]> {
  const [cache, other] = [instances.create(server.url), instances.create(server.url)];
  const answers: unknown[] = [];
  for (const read of [
    () => cache.get('odd'),
    async () => (await cache.getMany(['odd'])).get('odd'),
    () => cache.getOrCompute('odd', () => 'loaded'),
  ]) {
    await server.call('SET', NAME, stored, 'PX', 60_000);
    answers.push(await read());
  }
  await other.healthCheck();
  return [...answers, await other.get('odd'), tierStats(cache, 'redis').breaker?.opened];
}

describe('bytes under a key of ours that are no entry', () => {
  it('because they are cut off, anywhere, are replaced', async () => {
    const entry = await storedEntry();
    for (const length of [0, 1, 2, 3, 10, Math.floor(entry.length / 2), entry.length - 1]) {
      const answers = await readsOf(packFilled(TOKEN, entry.subarray(0, length)));
      expect(answers).toEqual([undefined, undefined, 'loaded', 'loaded', 0]);
    }
  });

  it('because they are random, are replaced', async () => {
    for (const length of [1, 23, 24, 25, 40, 500]) {
      for (const stored of [packFilled(TOKEN, randomBytes(length)), randomBytes(length)]) {
        const answers = await readsOf(stored);
        expect(answers).toEqual([undefined, undefined, 'loaded', 'loaded', 0]);
      }
    }
  });

  it('and are read by many at once, are loaded once', async () => {
    await server.call('SET', NAME, packFilled(TOKEN, randomBytes(100)), 'PX', 60_000);
    const loader = counted(() => 'loaded');
    const callers = [one, two].flatMap((cache) =>
      Array.from({ length: 20 }, () => cache.getOrCompute('odd', loader)),
    );
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['loaded']));
    expect(loader.runs).toBe(1);
  });
});

describe('the log of invalidations, where something of another type stands in its place', () => {
  it.each([
    ['the hash', '{cache-tier:default}:m'],
    ['the stream', '{cache-tier:default}:l'],
  ])('(%s) is no failure of a read, and is begun anew when that is gone', async (_, name) => {
    expect(await server.call('EXISTS', name)).toBe(1);
    await server.call('SET', name, 'something else');
    for (let round = 0; round < 3; round++) {
      await answersReads(one, round);
      const outcome: unknown = await one.remove('key').catch((error: unknown) => error);
      expect([undefined, 'INVALIDATION_PENDING']).toContain(Reflect.get(Object(outcome), 'code'));
      expect(await one.get('key')).toBeUndefined();
    }
    await server.call('DEL', name);
    await eventually(() => one.stats().coherence.pending === 0);
    for (const cache of [one, two]) {
      await eventually(async () => (await cache.healthCheck()).status === 'up');
      expect(await cache.get('key')).toBeUndefined();
    }
    await one.set('key', 'new', { ttl: '1h' });
    expect(await two.get('key')).toBe('new');
  });
});
