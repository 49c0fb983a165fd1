import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import zlib from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { InvalidOptionError } from '../../lib/contract/errors.js';
import type { TierPolicy } from '../../lib/contract/tier-definition.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { plain } from './helpers.js';
import { newKey } from './sealed-helpers.js';

const secret = randomBytes(32).toString('base64');
const good = { id: '1', key: secret };

/** What making a cache with such a tier says, whatever the types of its options. */
function refusal(policy: object): unknown {
  try {
    createTieredCache({ tiers: [customTier({ useValue: plain(new MapBackend()), ...policy })] });
    return undefined;
  } catch (error) {
    return error;
  }
}

const bad: readonly (readonly [string, object, RegExp])[] = [
  ...[0, -1, 1.5, NaN, Infinity, '5', null].map(
    (maxEntryBytes) =>
      ['maxEntryBytes', { maxEntryBytes }, /is a whole number of at least 1; got /] as const,
  ),
  ...['gzip', 1, null].map(
    (compression) =>
      [
        'compression',
        { compression },
        /is true, false, or { algorithm, minBytes, level }/,
      ] as const,
  ),
  ['compression', { compression: [] }, /is an object of options; got an array/],
  ['compression.algo', { compression: { algo: 'gzip' } }, /there is no such option/],
  [
    'compression.algorithm',
    { compression: { algorithm: 'deflate' } },
    /is one of gzip, brotli, zstd; got "deflate"/,
  ],
  ['compression.algorithm', { compression: { algorithm: 'toString' } }, /is one of gzip/],
  ['compression.algorithm', { compression: { algorithm: null } }, /is one of gzip.*; got null/],
  ['compression.minBytes', { compression: { minBytes: -1 } }, /is a whole number of at least 0/],
  ['compression.level', { compression: { level: 0 } }, /from 1 to 9 for gzip; got 0/],
  ['compression.level', { compression: { level: '6' } }, /from 1 to 9 for gzip; got "6"/],
  [
    'compression.level',
    { compression: { algorithm: 'brotli', level: 12 } },
    /from 0 to 11 for brotli; got 12/,
  ],
  ...[secret, null, true, [good], {}, { keys: [good], algorithm: 'aes' }].map(
    (encryption) =>
      [
        typeof encryption === 'object' &&
        encryption !== null &&
        Object.keys(encryption).length === 0
          ? 'encryption.keys'
          : 'encryption',
        { encryption },
        /is an object of keys, and no more|is a list of keys/,
      ] as const,
  ),
  ['encryption.keys', { encryption: { keys: good } }, /is a list of keys, \[{ id, key }\]/],
  ['encryption.keys', { encryption: { keys: [] } }, /needs one key at least/],
  ['encryption.keys[0]', { encryption: { keys: [secret] } }, /is an object of id and key/],
  [
    'encryption.keys[1]',
    { encryption: { keys: [good, { ...newKey('2'), [secret]: true }] } },
    /is an object of id and key, and no more/,
  ],
  ...[undefined, '', 'a b', 'é', 'a'.repeat(33), 5, secret].map(
    (id) =>
      [
        'encryption.keys[1].id',
        { encryption: { keys: [good, { ...newKey('2'), id }] } },
        /is 1 to 32 characters of A-Z, a-z, 0-9, "_", "\." and "-"/,
      ] as const,
  ),
  [
    'encryption.keys[2].id',
    { encryption: { keys: [good, newKey('2'), newKey('1')] } },
    /belongs to another key already/,
  ],
  ...[undefined, '', secret.slice(1), `${secret}${secret}`, randomBytes(16), 5].map(
    (key) =>
      [
        'encryption.keys[1].key',
        { encryption: { keys: [good, { id: '2', key }] } },
        /is 32 bytes, as a Uint8Array, or as text in base64 or hex/,
      ] as const,
  ),
];

describe('the options of sealing', () => {
  it.each(bad)('name what is wrong: %s', (option, policy, problem) => {
    const error = refusal(policy);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: `tiers[0].${option}` });
    expect((error as Error).message).toMatch(problem);
    expect(inspect(error)).not.toContain(secret.slice(1, -1));
  });

  const taken: readonly TierPolicy[] = [
    { maxEntryBytes: 1 },
    { compression: true },
    { compression: false },
    { compression: {} },
    { compression: { algorithm: 'brotli', level: 0, minBytes: 0 } },
    { encryption: { keys: [good, newKey('2')] } },
    { encryption: { keys: [{ id: 'A_z.0-9', key: randomBytes(32) }] } },
    { maxEntryBytes: undefined, compression: undefined, encryption: undefined },
  ];

  it.each(taken)('are right: %#', (policy) => {
    expect(refusal(policy)).toBeUndefined();
  });

  it('have zstd where this Node has it, and say at the start where it does not', () => {
    const error = refusal({ compression: { algorithm: 'zstd' } });
    const option = 'tiers[0].compression.algorithm';
    const message = expect.stringMatching(/zstd is in Node from 22\.15 .*, and this is v\d/);
    const refused: unknown = expect.objectContaining({ option, message });
    expect(error).toEqual('zstdCompressSync' in zlib ? undefined : refused);
  });

  it('are those of every kind of tier', () => {
    const policy = {
      maxEntryBytes: 5,
      compression: true,
      encryption: { keys: [{ id: '1', key: secret }] },
    };
    for (const { policy: made } of [
      memoryTier(policy),
      redisTier(policy),
      customTier({ ...policy, useValue: new MapBackend() }),
    ]) {
      expect(made).toMatchObject({ maxEntryBytes: 5, compression: true });
      expect(made.encryption?.keys[0]?.key).toBe(secret);
    }
  });

  const strange: readonly (readonly [string, () => unknown])[] = [
    ['a getter that throws', () => throwing('keys')],
    ['a proxy that throws', () => new Proxy({}, { ownKeys: fail, get: fail })],
    ['keys with a hole', () => ({ keys: Object.assign([good], { 2: newKey('3') }) })],
    ['keys of any length', () => ({ keys: Object.assign([good], { length: 4_000_000_000 }) })],
    ['keys that throw', () => ({ keys: [throwing('id')] })],
    ['a revoked proxy', revoked],
    ['a level that throws', () => throwing('level')],
    ['an algorithm that throws', () => ({ algorithm: { toString: fail } })],
  ];

  it.each(strange)('are refused where they are %s', (_, make) => {
    for (const policy of [{ encryption: make() }, { compression: make() }]) {
      expect(refusal(policy)).toBeInstanceOf(InvalidOptionError);
    }
  });

  it('never show a key that stands in the wrong place', () => {
    const place = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(secret),
        fc.constantFrom(undefined, 5, 'id', null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('keys', 'id', 'key', secret), tie('value')),
      ),
    })).value;
    fc.assert(
      fc.property(place, (encryption) => {
        const error = refusal({ encryption });
        expect(error === undefined || error instanceof InvalidOptionError).toBe(true);
        expect(inspect(error, { showHidden: true, depth: Infinity })).not.toContain(secret);
      }),
    );
  });
});

describe('a key', () => {
  it('is shown neither by the tier nor by the cache that have it', () => {
    const bytes = randomBytes(32);
    const encryption = { keys: [good, { id: '2', key: bytes }] };
    const tiers = [
      redisTier({ encryption }),
      customTier({ useValue: plain(new MapBackend()), encryption }),
    ];
    const cache = createTieredCache({ tiers });
    for (const value of [...tiers, cache, cache.stats(), encryptionOf(tiers)]) {
      const shown = inspect(value, { showHidden: true, depth: Infinity, maxArrayLength: null });
      for (const text of [secret, bytes.toString('hex'), inspect(bytes)]) {
        expect(shown).not.toContain(text);
        expect(JSON.stringify(encryptionOf(tiers))).not.toContain(text);
      }
    }
    expect(inspect(tiers[0], { depth: Infinity })).toContain("keys: [ { id: '1' }, { id: '2' } ]");
  });

  it('is what it was when its owner wipes it', async () => {
    const key = randomBytes(32);
    const store = plain(new MapBackend());
    const tier = (given: Uint8Array) =>
      customTier({ useValue: store, encryption: { keys: [{ id: '1', key: given }] } });
    const copy = Buffer.from(key);
    const definition = tier(key);
    key.fill(0);
    await createTieredCache({ tiers: [definition] }).set('key', 'value');
    const reader = createTieredCache({ tiers: [tier(copy)] });
    expect(await reader.get('key')).toBe('value');
  });
});

function encryptionOf(tiers: readonly { readonly policy: TierPolicy }[]): unknown {
  return tiers.map(({ policy }) => policy.encryption);
}

function fail(): never {
  throw new Error('there is nothing to be read');
}

function throwing(name: string): object {
  return Object.defineProperty({}, name, { get: fail, enumerable: true });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
