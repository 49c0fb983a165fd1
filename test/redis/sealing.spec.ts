import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { RedisTierOptions } from '../../lib/backends/redis/redis-tier.js';
import type { EncryptionKey } from '../../lib/contract/sealing-options.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { getCacheToken } from '../../lib/nest/tokens.js';
import { counted, guardRejections, mustNotLoad, tierStats } from '../core/helpers.js';
import { newKey } from '../core/sealed-helpers.js';
import { NestApps } from '../nest/support/nest-apps.js';
import { RedisServer } from '../support/redis-server.js';
import { storedNames } from '../support/stored-names.js';
import { Instances, storedName } from './helpers.js';
import { eventually } from '../support/patience.js';

guardRejections();

/** What stands before an envelope in Redis: two bytes, the token of the fill, and its end. */
const FILLED = 24;

const text = 'a city between two roads, '.repeat(200);

describe('what is sealed in Redis', () => {
  let server: RedisServer;
  let client: Redis;
  const instances = new Instances();
  const apps = new NestApps();
  const [old, young] = [newKey('2025'), newKey('2026')];

  beforeAll(async () => {
    server = await RedisServer.start();
    client = new Redis(server.url);
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await server.call('FLUSHALL');
  });
  afterEach(async () => {
    await apps.closeAll();
    await instances.close();
  });

  const encrypted = (...keys: readonly EncryptionKey[]): TieredCache =>
    instances.create(server.url, { encryption: { keys } });

  const stored = async (key: string): Promise<Buffer> =>
    (await client.getBuffer(storedName(key))) ?? Buffer.alloc(0);

  /** The id of the key that a value was encrypted with. */
  const keyOf = async (key: string): Promise<string> =>
    (await stored(key)).toString('latin1', FILLED + 4, FILLED + 8);

  /** Puts bytes in the place of an envelope, as who can write to the server could. */
  const tamper = async (key: string, change: (envelope: Buffer) => Buffer): Promise<void> => {
    const bytes = await stored(key);
    const changed = Buffer.concat([bytes.subarray(0, FILLED), change(bytes.subarray(FILLED))]);
    await client.set(storedName(key), changed, 'KEEPTTL');
  };

  const policies: readonly (readonly [string, RedisTierOptions, string])[] = [
    ['compressed', { compression: { algorithm: 'brotli' } }, 'CZ'],
    ['encrypted', { encryption: { keys: [old] } }, 'CE'],
    ['both', { compression: true, encryption: { keys: [old] } }, 'CE'],
  ];

  it.each(policies)('is read by other instances: %s', async (_, policy, begins) => {
    const [one, two] = [instances.create(server.url, policy), instances.create(server.url, policy)];
    await one.set('set', { text });
    await one.getOrCompute('loaded', () => ({ text }));
    for (const key of ['set', 'loaded']) {
      const bytes = await stored(key);
      expect(bytes.toString('latin1', FILLED, FILLED + 2)).toBe(begins);
      expect(bytes.includes('two roads, a city between')).toBe(false);
      expect(bytes.length < text.length / 10).toBe('compression' in policy);
      expect(await two.getOrCompute(key, mustNotLoad)).toEqual({ text });
    }
    expect(tierStats(two, 'redis')).toMatchObject({ undecodable: 0, undecipherable: 0, errors: 0 });
  });

  it('survives that its key is changed in three steps, one instance after the other', async () => {
    let [one, two] = [encrypted(old), encrypted(old)];
    const check = async (step: string): Promise<void> => {
      for (const [writer, reader] of [
        [one, two],
        [two, one],
      ] as const) {
        const key = `${step} ${writer === one ? 'one' : 'two'}`;
        await writer.set(key, key);
        expect(await reader.getOrCompute(key, mustNotLoad)).toBe(key);
      }
    };
    await check('old');
    // Every instance learns the new key before any of them writes with it.
    one = encrypted(old, young);
    await check('one knows the new key');
    two = encrypted(old, young);
    await check('both know it');
    one = encrypted(young, old);
    await check('one writes with it');
    two = encrypted(young, old);
    await check('both write with it');
    expect(await keyOf('one writes with it one')).toBe('2026');
    expect(await keyOf('one writes with it two')).toBe('2025');
    // What the old key has written is still there when the new one has long been in use.
    expect(await two.getOrCompute('old one', mustNotLoad)).toBe('old one');
    // Once that has ended, the old key is of no use any more.
    one = encrypted(young);
    await check('one has forgotten the old key');
    expect(await one.get('old one')).toBeUndefined();
    expect(tierStats(one, 'redis')).toMatchObject({ undecipherable: 1, undecodable: 0, errors: 0 });
    expect(await two.get('old one')).toBe('old one');
  });

  it('is a miss where the key is wrong: the value is loaded, once, and takes its place', async () => {
    await encrypted(old).set('key', 'old');
    const wrong = { id: old.id, key: young.key };
    const [one, two] = [encrypted(wrong), encrypted(wrong)];
    const load = counted(() => 'new');
    const values = await Promise.all([one, two].map((cache) => cache.getOrCompute('key', load)));
    expect(values).toEqual(['new', 'new']);
    expect(load.runs).toBe(1);
    expect(await encrypted(wrong).getOrCompute('key', mustNotLoad)).toBe('new');
    expect(tierStats(one, 'redis')).toMatchObject({ undecodable: 0, errors: 0 });
    expect(tierStats(one, 'redis').undecipherable).toBeGreaterThan(0);
    expect(await storedNames(server)).toEqual({ values: [storedName('key')], leases: [] });
  });

  it('is refused under any other key than its own', async () => {
    const cache = encrypted(old);
    await cache.setMany([
      ['mine', 'a secret'],
      ['yours', 'nothing'],
    ]);
    await server.call('COPY', storedName('mine'), storedName('yours'), 'REPLACE');
    const reader = encrypted(old);
    expect(await reader.get('yours')).toBeUndefined();
    expect(tierStats(reader, 'redis')).toMatchObject({ undecipherable: 1, hits: 0 });
    expect(await reader.get('mine')).toBe('a secret');
  });

  it('is never an error, however it was damaged', async () => {
    const policy = { compression: { minBytes: 0 }, encryption: { keys: [old] } };
    const damages: readonly ((envelope: Buffer) => Buffer)[] = [
      () => Buffer.alloc(0),
      () => randomBytes(200),
      () => Buffer.from('CE'),
      () => Buffer.concat([Buffer.from('CE\x01\x20'), randomBytes(60)]),
      (envelope) => envelope.subarray(0, envelope.length - 1),
      (envelope) => Buffer.concat([envelope, Buffer.alloc(1)]),
      (envelope) => Buffer.from(envelope).fill(0, 10),
    ];
    for (const damage of damages) {
      await instances.create(server.url, policy).set('key', 'value');
      await tamper('key', damage);
      const cache = instances.create(server.url, policy);
      expect(await cache.getOrCompute('key', () => 'loaded')).toBe('loaded');
      const { undecodable, undecipherable, errors } = tierStats(cache, 'redis');
      expect(undecodable + undecipherable).toBeGreaterThan(0);
      expect(errors).toBe(0);
      expect(await instances.create(server.url, policy).get('key')).toBe('loaded');
    }
  });

  it('is not kept there where it is too large, and neither is what stood there before', async () => {
    const policy = { maxEntryBytes: 1000 };
    const [one, two] = [instances.create(server.url, policy), instances.create(server.url, policy)];
    for (const [verb, bring] of [
      ['set', () => one.set('key', text)],
      ['update', () => one.update('key', text)],
      ['refresh', () => one.refresh('key', () => text)],
      ['setMany', () => one.setMany([['key', text]])],
    ] as const) {
      await one.set('key', 'small');
      expect(await two.get('key')).toBe('small');
      await bring();
      expect([verb, await storedNames(server)]).toEqual([verb, { values: [], leases: [] }]);
      expect(one.peek('key')).toBe(text);
      await eventually(() => two.peek('key') === undefined);
      expect(await two.get('key')).toBeUndefined();
    }
    expect(tierStats(one, 'redis')).toMatchObject({ tooLarge: 4, errors: 0 });
    const load = counted(() => text);
    const both = await Promise.all([one, two].map((cache) => cache.getOrCompute('large', load)));
    expect(both).toEqual([text, text]);
    expect(load.runs).toBe(2);
    expect(await storedNames(server)).toEqual({ values: [], leases: [] });
  });

  it('is what forRoot asks for', async () => {
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          redis: {
            url: server.url,
            maxEntryBytes: 2000,
            compression: { algorithm: 'brotli', minBytes: 500 },
            encryption: { keys: [young, old] },
          },
        }),
      ],
    });
    const cache = app.get<TieredCache>(getCacheToken());
    await cache.set('key', text);
    expect((await stored('key')).toString('latin1', FILLED, FILLED + 2)).toBe('CE');
    expect((await stored('key')).length).toBeLessThan(400);
    await cache.set('key', randomBytes(3000));
    expect(await stored('key')).toHaveLength(0);
    expect(tierStats(cache, 'redis').tooLarge).toBe(1);
  });

  it('names the tier and the key where forRoot is given one that cannot be', () => {
    const keys = [old, { id: '2026', key: 'c2hvcnQ=' }];
    const make = (): unknown => CacheTierModule.forRoot({ redis: { encryption: { keys } } });
    expect(make).toThrow('Option "tiers[1].encryption.keys[1].key": is 32 bytes');
    expect(make).not.toThrow('c2hvcnQ=');
  });
});
