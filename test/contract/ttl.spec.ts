import { describe, expect, it } from '@jest/globals';
import { InvalidTtlError } from '../../lib/contract/errors.js';
import { assertTtl, MAX_TTL } from '../../lib/contract/ttl.js';

describe('assertTtl', () => {
  it.each([1, 400, 1_000, 2 ** 31, MAX_TTL])('accepts whole milliseconds: %d', (ttl) => {
    expect(() => assertTtl(ttl)).not.toThrow();
  });

  it.each([0, -0, -1, 0.5, 1.5, NaN, Infinity, -Infinity, MAX_TTL + 1, Number.MAX_VALUE])(
    'refuses what is no ttl: %d',
    (ttl) => {
      expect(() => assertTtl(ttl)).toThrow(InvalidTtlError);
    },
  );

  it.each(['1000', '5m', null, undefined, 1n, [1_000], new Date(1_000)])(
    'refuses what is not a number: %p',
    (ttl) => {
      const assertAny: (ttl: never) => void = assertTtl;
      expect(() => assertAny(ttl as never)).toThrow(InvalidTtlError);
    },
  );

  it('says what would be right, and what it was given', () => {
    expect(() => assertTtl(-5)).toThrow(
      'A ttl is a whole number of milliseconds from 1 to 3153600000000; got -5',
    );
  });

  it('takes 100 years for the longest, which a date in milliseconds still holds', () => {
    expect(MAX_TTL / 86_400_000).toBe(36_500);
    expect(new Date(Date.now() + MAX_TTL).getTime()).not.toBeNaN();
  });
});
