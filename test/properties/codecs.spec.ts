import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import { SerializationError, UndecodableError } from '../../lib/contract/errors.js';
import { decodeEnvelope } from '../../lib/core/stored/envelope.js';
import { anything, isSame, storableValue } from '../codecs/values.js';
import { reads, tierStats, twoTiers } from '../core/helpers.js';
import { anyHostile, hostiles } from './arbitraries.js';
import { Canary, expectPresentable, outcomeOf, watchRejections, demand } from './canary.js';

watchRejections();

const codecs = [new JsonCodec(), new MsgpackCodec()];

/** Bytes that begin as ours do, and go on at random, so that they get past the first check. */
const nearlyOurs = fc
  .tuple(
    fc.constantFrom<number[]>(
      [],
      [0],
      [1],
      ...['{"__proto__":1}', '{"a":{"__proto__":{"polluted":true}}}', '[[[[', '{"$map":[[1]]}'].map(
        (text) => [1, ...Buffer.from(text)],
      ),
      // MessagePack: maps, arrays, text and bytes that say they are long, and types that we do not write.
      ...[
        [0xdd],
        [0xdf],
        [0xdb],
        [0xc6],
        [0xc9],
        [0xd4, 0x72],
        [0xd6, 0xff],
        [0xc1],
        [0xd5, 0x74],
        [0xd6, 0x69],
      ].map((head) => [0, ...head]),
      [0, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa8, ...Buffer.from('polluted'), 0xc3],
    ),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([head, rest]) => Buffer.from([...head, ...rest]));

describe.each(codecs.map((codec) => ({ name: codec.name, codec })))('$name', ({ codec }) => {
  /** What `decode` makes of the bytes, where it does not say that it cannot. */
  function decoded(bytes: Uint8Array): { readonly value: unknown } | undefined {
    try {
      return { value: codec.decode(bytes) };
    } catch (error) {
      expectPresentable(error);
      demand(error).toBeInstanceOf(UndecodableError);
      return undefined;
    }
  }

  it('brings back what it takes, and refuses the rest', () => {
    fc.assert(
      fc.property(fc.oneof(storableValue, anything), (value) => {
        let bytes: Uint8Array;
        try {
          bytes = codec.encode(value);
        } catch (error) {
          expectPresentable(error);
          demand(error).toBeInstanceOf(SerializationError);
          return;
        }
        expect(isSame(codec.decode(bytes), value)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  it('refuses what is hostile by its own error, at whatever depth', () => {
    for (const { title, make } of hostiles) {
      for (const value of [make(), [make()], { a: { b: make() } }, new Map([[make(), make()]])]) {
        try {
          const bytes = codec.encode(value);
          expect([title, decoded(bytes) !== undefined]).toEqual([title, true]);
        } catch (error) {
          expectPresentable(error);
          demand([title, error.constructor]).toEqual([title, SerializationError]);
        }
      }
    }
  });

  it('reads random bytes as data that it could have written, or says that it cannot', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 30 }), nearlyOurs), (bytes) => {
        const read = decoded(bytes);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
        if (read === undefined) return;
        expect(isSame(codec.decode(codec.encode(read.value)), read.value)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  it('reads its own bytes right after it has read whatever others', () => {
    fc.assert(
      fc.property(nearlyOurs, storableValue, (bytes, value) => {
        decoded(bytes);
        expect(isSame(codec.decode(codec.encode(value)), value)).toBe(true);
        expect(codec.decode(codec.encode([64, 100, 127]))).toEqual([64, 100, 127]);
      }),
      { numRuns: 250 },
    );
  });

  it('reads its own bytes with a few of them changed as data, or says that it cannot', () => {
    expect.hasAssertions();
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        storableValue,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (value, changes) => {
          const bytes = Buffer.from(codec.encode(value));
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          const read = decoded(bytes);
          if (read !== undefined) demand(decoded(codec.encode(read.value))).toBeDefined();
        },
      ),
      { numRuns: 800 },
    );
  });
});

describe('an envelope of random bytes', () => {
  const header = [0x43, 0x54, 1];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(
        fc.integer({ min: 0, max: 31 }),
        fc.constantFrom(1, 2),
        fc.uint8Array({ maxLength: 70 }),
      )
      .map(([flags, codec, rest]) => Buffer.from([...header, flags, codec, ...rest])),
    fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 60 }))
      .map(([flags, rest]) =>
        Buffer.from([...header, flags, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 232, ...rest]),
      ),
  );

  it('is read as an entry, or said to be none', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...codecs), (stored, codec) => {
        try {
          const { ttl, tags = [] } = decodeEnvelope(stored, codec);
          expect(ttl).toBeGreaterThan(0);
          expect(tags.every((tag) => typeof tag === 'string')).toBe(true);
        } catch (error) {
          expectPresentable(error);
          demand(error).toBeInstanceOf(UndecodableError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('under a key of ours is answered or loaded anew, and never fails a read', async () => {
    const { cache, remote } = twoTiers();
    const canary = await Canary.in(cache);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(bytes, async (stored) => {
        const key = `random ${run++}`;
        await remote.setWithTtl(`default::${key}`, stored, 60_000);
        const before = reads(remote);
        const { error } = await outcomeOf(() => cache.getOrCompute(key, () => 'loaded'));
        // That a value needs a type is told, because whoever asks has forgotten to give it.
        if (error !== undefined) demand(error).toBeInstanceOf(SerializationError);
        expect(reads(remote)).toBeGreaterThan(before);
        await outcomeOf(() => cache.getMany([key, 'canary']));
      }),
      { numRuns: 150 },
    );
    expect(tierStats(cache, 'remote').undecodable).toBeGreaterThan(0);
    await canary.expectAlive();
    await cache.close();
  });
});

describe('a codec of somebody else', () => {
  it('that answers or throws anything is told in one line, and harms nothing', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(anyHostile, fc.boolean(), async ({ make }, throws) => {
        const misbehave = (): never => {
          if (throws) throw make();
          return make() as never;
        };
        const codec = { id: 77, name: 'odd\r\n', encode: misbehave, decode: misbehave };
        const { cache, remote } = twoTiers({ codec });
        const { error } = await outcomeOf(() => cache.set('a', 1));
        // What is thrown may be nothing that anybody can look at.
        if (error !== undefined) demand(['SERIALIZATION', 'BACKEND']).toContain(error.code);
        await remote.setWithTtl('default::b', Buffer.from([0x43, 0x54, 1, 0, 77]), 1_000);
        await outcomeOf(() => cache.get('b'));
        await cache.close();
      }),
      { numRuns: 75 },
    );
  });
});
