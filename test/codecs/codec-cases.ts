import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { runInNewContext } from 'node:vm';
import type { Codec } from '../../lib/contract/codec.js';
import { SerializationError, UndecodableError } from '../../lib/contract/errors.js';
import { anything, isSame, refused, storable, storableValue } from './values.js';

/** The promises of every codec of this library, as tests. */
export function describeCodec(codec: Codec): void {
  const roundTrip = (value: unknown) => codec.decode(codec.encode(value));
  const isRefusedOrRead = (bytes: Uint8Array) => {
    const error = errorOf(() => codec.decode(bytes));
    return error === undefined || error instanceof UndecodableError;
  };
  const comesBack = (value: unknown) => isSame(roundTrip(value), value);

  describe('brings back', () => {
    it.each(storable)('$title', ({ value }) => {
      expect(comesBack(value)).toBe(true);
    });

    it('anything that is made of these', () => {
      fc.assert(
        fc.property(storableValue, (value) => {
          expect(comesBack(value)).toBe(true);
        }),
        { numRuns: 500 },
      );
    });

    it('an object without a prototype as a plain one', () => {
      const value: unknown = Object.assign(Object.create(null), { a: 1 });
      expect(Object.getPrototypeOf(roundTrip(value))).toBe(Object.prototype);
      expect(roundTrip(value)).toEqual({ a: 1 });
    });

    it('a Buffer as a Buffer and a Uint8Array as one that is no Buffer', () => {
      const [buffer, bytes] = [roundTrip(Buffer.from('x')), roundTrip(new Uint8Array(1))];
      expect(Buffer.isBuffer(buffer)).toBe(true);
      expect(Buffer.isBuffer(bytes)).toBe(false);
      expect(bytes).toBeInstanceOf(Uint8Array);
    });

    it('values that were made in another realm', () => {
      const foreign: unknown = runInNewContext(
        '({ a: [1, { b: new Date(0) }], m: new Map([[1, new Set([2n])]]), bytes: new Uint8Array([7]) })',
      );
      expect(roundTrip(foreign)).toStrictEqual({
        a: [1, { b: new Date(0) }],
        m: new Map([[1, new Set([2n])]]),
        bytes: new Uint8Array([7]),
      });
    });

    it('bytes in memory of their own, so that a change to one reader does not reach another', () => {
      const stored = codec.encode([Buffer.from('abc'), new Uint8Array([1, 2])]);
      const [buffer, bytes] = codec.decode(stored) as [Buffer, Uint8Array];
      buffer.fill(0);
      bytes.fill(0);
      expect(codec.decode(stored)).toStrictEqual([Buffer.from('abc'), new Uint8Array([1, 2])]);
    });

    it('what lies in the middle of a larger piece of memory', () => {
      const stored = codec.encode({ text: 'é'.repeat(300), list: [1, Buffer.from('x')] });
      const memory = new Uint8Array(stored.length + 40).fill(0x7b);
      memory.set(stored, 17);
      expect(codec.decode(memory.subarray(17, 17 + stored.length))).toStrictEqual({
        text: 'é'.repeat(300),
        list: [1, Buffer.from('x')],
      });
    });

    it('each payload without having seen another, and in any order', () => {
      const payloads = storable.map(({ value }) => Buffer.from(codec.encode(value)));
      const values = payloads.toReversed().map((payload) => codec.decode(payload));
      for (const [index, value] of values.toReversed().entries()) {
        expect(isSame(value, storable[index]?.value)).toBe(true);
      }
    });
  });

  describe('refuses with the path', () => {
    it.each(refused)('$title', ({ value, message }) => {
      const refusal = errorOf(() => codec.encode(value));
      expect(refusal).toBeInstanceOf(SerializationError);
      expect(refusal?.message).toContain(message);
      expect(refusal?.message.length).toBeLessThan(600);
    });

    it('with the error of an accessor as the cause', () => {
      const cause = new TypeError('connection lost');
      const value = {
        get lazy() {
          throw cause;
        },
      };
      expect(errorOf(() => codec.encode(value))?.cause).toBe(cause);
    });

    it('with names that are escaped and shortened', () => {
      const value = { ['\u001b[31m\n' + 'x'.repeat(1000)]: () => 1 };
      const message = errorOf(() => codec.encode(value))?.message;
      expect(message).toContain('\\u001b[31m\\nxxx');
      expect(message?.length).toBeLessThan(300);
    });

    it('an accessor that gives something else the second time', () => {
      let calls = 0;
      const value = {
        get changing() {
          return calls++ === 0 ? 1n : () => 1;
        },
      };
      expect(errorOf(() => codec.encode([value]))).toBeInstanceOf(SerializationError);
    });

    it('anything that it would not bring back', () => {
      fc.assert(
        fc.property(anything, (value) => {
          const error = errorOf(() => codec.encode(value));
          expect(error instanceof SerializationError || comesBack(value)).toBe(true);
        }),
        { numRuns: 2000 },
      );
    });
  });

  describe('does not decode', () => {
    it('an empty payload', () => {
      expect(() => codec.decode(new Uint8Array())).toThrow(UndecodableError);
    });

    it('a payload in a form that it does not know', () => {
      expect(() => codec.decode(new Uint8Array([2, 0x31]))).toThrow(UndecodableError);
    });

    it.each(storable.filter(({ value }) => codec.encode(value).length < 300))(
      'a payload cut short: $title',
      ({ value }) => {
        const whole = codec.encode(value);
        for (let length = 0; length < whole.length; length++) {
          expect(isRefusedOrRead(whole.subarray(0, length))).toBe(true);
        }
      },
    );

    it('random bytes, except where they happen to be a value', () => {
      const payload = fc
        .tuple(fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 60 }))
        .map(([form, rest]) => new Uint8Array([form, ...rest]));
      fc.assert(fc.property(payload, isRefusedOrRead), { numRuns: 3000 });
      expect(Reflect.ownKeys(Object.prototype)).toEqual(objectPrototypeKeys);
    });

    it('payloads with a byte changed, except where that makes another value', () => {
      fc.assert(
        fc.property(
          storableValue,
          fc.nat(),
          fc.integer({ min: 0, max: 255 }),
          (value, at, byte) => {
            const payload = new Uint8Array(codec.encode(value));
            payload[at % payload.length] = byte;
            return isRefusedOrRead(payload);
          },
        ),
        { numRuns: 1000 },
      );
      expect(Reflect.ownKeys(Object.prototype)).toEqual(objectPrototypeKeys);
    });
  });
}

const objectPrototypeKeys = Reflect.ownKeys(Object.prototype);

export function errorOf(action: () => unknown): Error | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new TypeError(`threw ${String(error)}`);
  }
}
