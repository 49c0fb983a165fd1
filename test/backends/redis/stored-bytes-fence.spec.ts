import { describe, expect, it } from '@jest/globals';
import { assert, constantFrom, property, tuple, uint8Array } from 'fast-check';
import {
  packFilled,
  packPlain,
  unpackFilled,
  unpackValue,
  writeEnd,
} from '../../../lib/backends/redis/stored-bytes.js';

const TOKEN = 'token-of-ann-001';

/** Bytes that often begin as what is stored does. */
const values = tuple(
  constantFrom([], [0xc1], [0xc1, 0x46], [0xc1, 0x50], [...packFilled(TOKEN, Buffer.of(1))]),
  uint8Array({ maxLength: 40 }),
).map(([head, tail]) => Buffer.concat([Uint8Array.from(head), tail]));

describe('stored bytes', () => {
  it('are laid out so: the mark, the token, the end, the value', () => {
    const filled = packFilled(TOKEN, Buffer.from('value'));
    writeEnd(filled, 0x010203040506);
    expect(filled.toString('latin1')).toBe(
      '\u00c1Ftoken-of-ann-001\u0001\u0002\u0003\u0004\u0005\u0006value',
    );
    expect(packPlain(Buffer.from('value')).toString('latin1')).toBe('value');
    expect(packPlain(Buffer.of(0xc1, 1)).toString('latin1')).toBe('\u00c1P\u00c1\u0001');
  });

  it('give back what was filled, with its token and its end, whatever its bytes', () => {
    assert(
      property(values, (value) => {
        const stored = packFilled(TOKEN, value);
        expect(unpackFilled(stored)).toEqual({ token: TOKEN, value, endsAt: 0 });
        writeEnd(stored, 2 ** 48 - 1);
        expect(unpackValue(stored)).toEqual(value);
        expect(unpackFilled(stored)).toEqual({ token: TOKEN, value, endsAt: 2 ** 48 - 1 });
      }),
    );
  });

  it('give back what was stored without a token, and no token, whatever its bytes', () => {
    assert(
      property(values, (value) => {
        const stored = packPlain(value);
        expect(unpackValue(stored)).toEqual(value);
        expect(unpackFilled(stored)).toBeUndefined();
      }),
    );
  });

  it('share no memory with the value that was given', () => {
    for (const value of [Buffer.from('value'), Buffer.of(0xc1, 2, 3)]) {
      const plain = packPlain(value);
      const filled = packFilled(TOKEN, value);
      const before = Buffer.from(value);
      value.fill(0);
      expect([unpackValue(plain), unpackValue(filled)]).toEqual([before, before]);
    }
  });
});
