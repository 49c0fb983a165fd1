import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { busKeys } from '../../lib/bus/redis/bus-keys.js';
import {
  decodeEntry,
  decodeMessage,
  encodePayload,
  entryPlace,
} from '../../lib/bus/redis/bus-message.js';
import type { InvalidationScope } from '../../lib/contract/invalidation-bus.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { RedisServer } from '../support/redis-server.js';
import { anyText, meaningfulText } from './arbitraries.js';
import { watchRejections } from './canary.js';
import { eventually, PATIENT } from '../support/patience.js';

watchRejections();

const texts = fc.uniqueArray(anyText, { maxLength: 3 });
const payload = fc.oneof(
  anyText,
  fc.json(),
  fc
    .record(
      {
        v: fc.constantFrom<unknown[]>(1, 1, 1, 2, '1', null),
        keys: fc.oneof(texts, fc.jsonValue()),
        tags: fc.oneof(texts, fc.jsonValue()),
        patterns: fc.oneof(texts, fc.jsonValue()),
        all: fc.constantFrom<unknown[]>(true, false, 1),
        push: fc.constantFrom<unknown[]>(true, false, 1),
        __proto__: fc.constant({ keys: ['a'] }),
        more: fc.anything(),
      },
      { requiredKeys: ['v'] },
    )
    .map((scope) =>
      JSON.stringify(scope, (_name, value: unknown) => (typeof value === 'bigint' ? 1 : value)),
    ),
);
const number = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    '9007199254740991',
    '9007199254740992',
    '9999999999999999',
    '-1',
    '1e3',
    '',
    '0x1',
    'NaN',
  ),
);
const message = fc.oneof(
  anyText,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .tuple(
      number,
      number,
      fc.constantFrom('1-0', '1', '99999999999999999999-1', 'x'),
      anyText,
      payload,
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.nat(), fc.nat(), payload)
    .map(([epoch, position, scope]) => `${epoch} ${position} 1-0 x ${scope}`),
);

function isScope(scope: InvalidationScope): boolean {
  const lists = [scope.keys, scope.tags, scope.patterns];
  return (
    lists.every((list) => list === undefined || list.every((item) => typeof item === 'string')) &&
    Object.keys(scope).every((name) =>
      ['keys', 'tags', 'patterns', 'all', 'push'].includes(name),
    ) &&
    Object.getPrototypeOf(scope) === Object.prototype
  );
}

describe('a message of the bus', () => {
  it('of any text is understood wholly, or not at all', () => {
    fc.assert(
      fc.property(message, (text) => {
        const read = decodeMessage(text);
        if (read === undefined) return;
        expect(isScope(read.scope)).toBe(true);
        expect(
          Number.isSafeInteger(read.stamp.epoch) && Number.isSafeInteger(read.stamp.position),
        ).toBe(true);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('says what it was made of, whatever the names in it', () => {
    const list = fc.array(meaningfulText, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(list, list, fc.nat(), fc.nat(), (keys, tags, epoch, position) => {
        const text = `${epoch} ${position} 17-0 origin ${encodePayload({ keys, tags })}`;
        expect(decodeMessage(text)).toEqual({
          stamp: { epoch, position },
          id: '17-0',
          origin: 'origin',
          scope: { keys, tags },
          time: 17,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('in the log that is no entry is passed over', () => {
    const part = fc.oneof(
      fc.jsonValue(),
      anyText.map((text) => Buffer.from(text)),
      fc.constantFrom('e', 'n', 'o', 'p', '1', '1-0'),
    );
    const entry = fc.oneof(part, fc.tuple(part, fc.array(part, { maxLength: 8 })));
    fc.assert(
      fc.property(entry, (given) => {
        expect(decodeEntry(given)).toBeUndefined();
        const place = entryPlace(given);
        expect(place === undefined || typeof place.id === 'string').toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what others write where the bus listens', () => {
  const namespace = 'bus-attack';
  const names = busKeys('cache-tier:', namespace);
  let server: RedisServer;
  let writer: Redis;
  let caches: readonly [TieredCache, TieredCache];

  beforeAll(async () => {
    server = await RedisServer.start();
    writer = new Redis(server.url);
    const create = (): TieredCache =>
      createTieredCache({
        namespace,
        coherence: { staleness: 200 },
        tiers: [memoryTier(), redisTier({ url: server.url, ...PATIENT })],
      });
    caches = [create(), create()];
    for (const cache of caches) await cache.set(`warm ${cache.tierNames.length}`, 1);
    await eventually(() => caches.every((cache) => cache.stats().coherence.verified));
  });

  afterAll(async () => {
    await Promise.all(caches.map((cache) => cache.close()));
    writer.disconnect();
    await server.stop();
  });

  /** The one hears what the other invalidates, and both are sure of it. */
  async function expectAgreement(): Promise<void> {
    const [one, other] = caches;
    // Where the log was lost, what was stored before that is known counts as void.
    const store = async (value: number): Promise<boolean> => {
      await one.set('shared', value, { tags: ['t'] }).catch(() => undefined);
      return (await other.get('shared')) === value;
    };
    await eventually(() => store(1));
    await eventually(() => store(2));
    await other.invalidateTags(['t']);
    await eventually(async () => (await one.get('shared')) === undefined);
    await eventually(() => caches.every((cache) => cache.stats().coherence.verified));
  }

  it('messages of any text are passed over, and the bus goes on', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 10 }), async (messages) => {
        const pipeline = writer.pipeline();
        for (const text of messages) {
          pipeline.publish(names.channel, text);
          pipeline.publish(names.leases[0] ?? '', text);
        }
        await pipeline.exec();
      }),
      { numRuns: 60 },
    );
    await writer.publish(names.channel, Buffer.from([0xff, 0xfe, 0x00]));
    await expectAgreement();
  });

  it('entries of any fields in the log are passed over, and the bus goes on', async () => {
    const field = fc.oneof(
      fc.constantFrom('e', 'n', 'o', 'p'),
      anyText.filter((text) => text.length < 1_000),
    );
    const fields = fc.array(fc.tuple(field, fc.oneof(message, payload, number)), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(fields, async (pairs) => {
        await writer.xadd(names.log, '*', ...pairs.flat());
      }),
      { numRuns: 40 },
    );
    await expectAgreement();
    // Who joins now has to read past them.
    const late = createTieredCache({
      namespace,
      coherence: { staleness: 200 },
      tiers: [memoryTier(), redisTier({ url: server.url, ...PATIENT })],
    });
    await late.set('late', 1);
    await eventually(async () => (await late.get('late')) === 1);
    await eventually(() => late.stats().coherence.verified);
    expect(late.stats().coherence.shared).toBe(true);
    await late.close();
  });

  it('numbers that nobody can read, where the log stands, are replaced', async () => {
    expect.hasAssertions();
    for (const value of ['nan', '-1', '9'.repeat(40), '1e400', '', '\r\n']) {
      for (const name of ['e', 'n', 'all', 't:t', 's', 'c', 'f']) {
        await writer.hset(names.meta, name, value);
        await Promise.all(caches.map((cache) => cache.get('shared').catch(() => undefined)));
      }
      await expectAgreement();
    }
    for (const value of ['e', 'n']) await writer.hset(names.meta, value, '9'.repeat(40));
    await expectAgreement();
  });
});
