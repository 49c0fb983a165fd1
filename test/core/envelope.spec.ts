import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import type { Codec } from '../../lib/contract/codec.js';
import {
  InvalidTtlError,
  SerializationError,
  UndecodableError,
} from '../../lib/contract/errors.js';
import { MAX_TTL } from '../../lib/contract/ttl.js';
import { decodeEnvelope, encodeEnvelope, type Envelope } from '../../lib/core/stored/envelope.js';
import { storableValue } from '../codecs/values.js';
import { isSameEnvelope } from '../fixtures/envelopes/entries.js';

const json = new JsonCodec();
const entry: Envelope = {
  value: { id: 1 },
  typed: false,
  ttl: 5000,
  staleFor: 0,
  early: 0,
  storedAt: 1e12,
  stamp: undefined,
};

describe('the envelope', () => {
  it('brings every entry back, by either codec', () => {
    const envelope = fc.record({
      value: storableValue,
      typed: fc.boolean(),
      ttl: fc.integer({ min: 1, max: MAX_TTL }),
      staleFor: fc.integer({ min: 0, max: MAX_TTL }),
      early: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      tags: fc.constantFrom(undefined, ['a'], ['é', 'b c']),
      validators: fc.constantFrom(
        undefined,
        { etag: '"x"' },
        { lastModified: 'Sat' },
        { etag: 'W/"é"', lastModified: 'Sat, 01 Jan' },
      ),
      storedAt: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      stamp: fc.option(fc.record({ epoch: fc.maxSafeNat(), position: fc.maxSafeNat() }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(envelope, fc.constantFrom(json, new MsgpackCodec()), (fields, codec) => {
        expect(isSameEnvelope(decodeEnvelope(encodeEnvelope(fields, codec), codec), fields)).toBe(
          true,
        );
      }),
    );
  });

  it('asks nothing of the codec for an entry without a value', () => {
    const refusing: Codec = {
      name: 'refusing',
      id: 200,
      encode: () => {
        throw new TypeError('encode was called');
      },
      decode: () => {
        throw new TypeError('decode was called');
      },
    };
    const absent = { ...entry, value: undefined };
    expect(decodeEnvelope(encodeEnvelope(absent, refusing), refusing)).toEqual(absent);
  });

  it('keeps null as a value, which is not the same as having none', () => {
    const [none, nothing] = [null, undefined].map((value) =>
      encodeEnvelope({ ...entry, value }, json),
    );
    expect(none?.length).toBeGreaterThan(nothing?.length ?? Infinity);
    expect(decodeEnvelope(none ?? new Uint8Array(), json).value).toBeNull();
  });

  it('is read from the middle of a larger piece of memory', () => {
    const bytes = encodeEnvelope({ ...entry, stamp: { epoch: 1, position: 2 } }, json);
    const memory = new Uint8Array(bytes.length + 30).fill(0x43);
    memory.set(bytes, 11);
    expect(decodeEnvelope(memory.subarray(11, 11 + bytes.length), json)).toEqual({
      ...entry,
      stamp: { epoch: 1, position: 2 },
    });
  });

  it.each([
    [-5, 0],
    [1.75, 1],
    [2 ** 50, 2 ** 48 - 1],
  ])('stores the wall time %d as %d, the nearest that it can hold', (storedAt, held) => {
    expect(decodeEnvelope(encodeEnvelope({ ...entry, storedAt }, json), json).storedAt).toBe(held);
  });

  it.each([0, -1, 1.5, NaN, Infinity, MAX_TTL + 1])('is not written with a ttl of %d', (ttl) => {
    expect(() => encodeEnvelope({ ...entry, ttl }, json)).toThrow(InvalidTtlError);
  });
});

describe('bytes that are not an envelope', () => {
  const whole = Buffer.from(encodeEnvelope({ ...entry, stamp: { epoch: 1, position: 2 } }, json));
  const changed = (at: number, byte: number) => {
    const bytes = Buffer.from(whole);
    bytes[at] = byte;
    return bytes;
  };
  const absent = encodeEnvelope({ ...entry, value: undefined }, json);

  it.each([
    ['nothing at all', new Uint8Array(), '0 bytes are too few'],
    ['fewer bytes than a header', whole.subarray(0, 16), '16 bytes are too few'],
    ['fewer bytes than a stamp', whole.subarray(0, 32), '32 bytes are too few for its stamp'],
    ['another first byte', changed(0, 0x7b), 'begins with other bytes'],
    ['another second byte', changed(1, 0x7b), 'begins with other bytes'],
    ['another format', changed(2, 2), 'its format is 2, not 1'],
    ['an unknown flag', changed(3, 64), 'its flags are 64'],
    ['fewer bytes than its tags', changed(3, 8), 'too few for its texts'],
    ['another codec', changed(4, 2), 'it is of codec 2, not 1 ("json")'],
    ['a ttl of 0', changed(15, 0).fill(0, 11, 17), 'its ttl is 0 ms'],
    ['a ttl beyond the longest', changed(11, 0xff), 'ms'],
    ['a stamp that is no number', changed(17, 0x7f).fill(0xff, 18, 25), 'stamp'],
    [
      'a value where it says that there is none',
      Buffer.concat([absent, Buffer.from('x')]),
      'has one',
    ],
    [
      'what somebody else stored',
      Buffer.from('{"id":1,"name":"a value of another program"}'),
      'begins',
    ],
  ])('%s: the error says so', (_, bytes, problem) => {
    const decode = () => decodeEnvelope(bytes, json);
    expect(decode).toThrow(UndecodableError);
    expect(decode).toThrow(problem);
  });

  it('of any kind are told by the same error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(() => decodeEnvelope(bytes, json)).toThrow(UndecodableError);
      }),
    );
  });

  it('cut anywhere are told by the same error', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeEnvelope(whole.subarray(0, length), json)).toThrow(UndecodableError);
    }
  });
});

describe('a codec of the user', () => {
  const failure = new RangeError('no');
  const fail = () => {
    throw failure;
  };

  it('that throws while it encodes makes a SerializationError with that cause', () => {
    expect(thrownBy(() => encodeEnvelope(entry, codecWith({ encode: fail })))).toMatchObject({
      code: 'SERIALIZATION',
      message: 'Codec "own" failed to encode',
      cause: failure,
    });
  });

  it('that throws while it decodes makes an UndecodableError with that cause', () => {
    const own = codecWith({ decode: fail });
    expect(thrownBy(() => decodeEnvelope(encodeEnvelope(entry, own), own))).toMatchObject({
      code: 'UNDECODABLE',
      message: 'Codec "own" failed to decode',
      cause: failure,
    });
  });

  it('may throw the errors of this library itself', () => {
    const refusal = new SerializationError('too secret');
    const own = codecWith({
      encode: () => {
        throw refusal;
      },
    });
    expect(thrownBy(() => encodeEnvelope(entry, own))).toBe(refusal);
  });

  it.each([
    ['a string', 'text'],
    ['a promise', Promise.resolve(new Uint8Array())],
    ['nothing', undefined],
  ])('that encodes to %s is refused', (_, payload) => {
    const own: object = codecWith({});
    Reflect.set(own, 'encode', () => payload);
    expect(() => encodeEnvelope(entry, own as Codec)).toThrow(
      'Codec "own" has to return a Uint8Array from encode',
    );
  });

  it('is given the payload alone, and its value is answered', () => {
    const seen: number[][] = [];
    const own = codecWith({
      decode: (bytes) => {
        seen.push([...bytes]);
        return 'value';
      },
    });
    expect(decodeEnvelope(encodeEnvelope(entry, own), own).value).toBe('value');
    expect(seen).toEqual([[1]]);
  });
});

function codecWith(members: Partial<Codec>): Codec {
  return {
    name: 'own',
    id: 128,
    encode: () => new Uint8Array([1]),
    decode: () => 'value',
    ...members,
  };
}

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
