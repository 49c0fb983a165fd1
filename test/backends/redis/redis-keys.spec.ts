import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { RedisKeys } from '../../../lib/backends/redis/redis-keys.js';
import { parsePattern } from '../../../lib/contract/pattern.js';

const keys = new RedisKeys('app:', '');
const anyText = fc.string({ unit: 'binary', minLength: 1 });
/** Every UTF-16 string, lone surrogates included. */
const anyKey = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 6 })
  .map((units) => String.fromCharCode(...units));
const awkwardKey = fc
  .array(fc.constantFrom('%', '{', '}', '7', 'B', 'u', 'D800', '\ud800', '\udc00', 'a', ':'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

describe('RedisKeys', () => {
  it.each([
    ['user:1', 'app:{user:1}'],
    ['a b*?[]\\', 'app:{a b*?[]\\}'],
    ['{}', 'app:{%7B%7D}'],
    ['100%', 'app:{100%25}'],
    ['\ud800x', 'app:{%uD800x}'],
    ['😀', 'app:{😀}'],
  ])('writes %j as %j', (key, stored) => {
    expect(keys.encode(key)).toBe(stored);
    expect(keys.decode(stored)).toBe(key);
  });

  it('every key comes back from the bytes that Redis keeps', () => {
    fc.assert(
      fc.property(fc.oneof(anyKey, awkwardKey, anyText), (key) => {
        const kept = Buffer.from(keys.encode(key)).toString();
        expect(keys.decode(kept)).toBe(key);
      }),
    );
  });

  it('two keys never share a name', () => {
    fc.assert(
      fc.property(awkwardKey, awkwardKey, (one, other) => {
        expect(keys.encode(one) === keys.encode(other)).toBe(one === other);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['another prefix', 'apps:{key}'],
    ['a longer prefix', 'app:more:{key}'],
    ['no hash tag', 'app:key'],
    ['a companion of a key', 'app:{key}:l'],
    ['a companion that ends like a key', 'app:{key}:{l}'],
    ['an encoding that this library does not write', 'app:{%41}'],
    ['a percent sign that encodes nothing', 'app:{%}'],
    ['an empty key', 'app:{}'],
  ])('does not take for its own: %s', (_what, stored) => {
    expect(keys.decode(stored)).toBeUndefined();
  });

  it('knows the names of leases, which are no names of values', () => {
    expect(keys.encodeLease('{key}:l')).toBe('app:{%7Bkey%7D:l}:l');
    expect(keys.decodeLease('app:{%7Bkey%7D:l}:l')).toBe('{key}:l');
    expect(keys.decode('app:{key}:l')).toBeUndefined();
    for (const other of ['app:{key}', 'app:{key:l}', 'app:{key}:m', 'other:{key}:l', 'app:{}:l']) {
      expect(keys.decodeLease(other)).toBeUndefined();
    }
  });

  it('knows names as a client with a prefix of its own sees them', () => {
    const prefixed = new RedisKeys('app:', 'tenant:');

    expect(prefixed.encode('key')).toBe('app:{key}');
    expect(prefixed.decode('tenant:app:{key}')).toBe('key');
    expect(prefixed.decode('app:{key}')).toBeUndefined();
    expect(prefixed.glob(parsePattern('*'))).toBe('tenant:app:{*}*');
  });

  it.each([
    ['user:*', 'app:{user:*}*'],
    ['user:?', 'app:{user:*}*'],
    ['?*?', 'app:{*}*'],
    ['a[b]\\*\\\\', 'app:{a\\[b\\]\\*\\\\}*'],
    ['{x}%', 'app:{%7Bx%7D%25}*'],
    ['a*b*c*d*e*f*g*h*i*j', 'app:{a*b*c*d*e*f*g*h*}*'],
  ])(
    'asks Redis for at least the names of the pattern %j, those of leases too',
    (pattern, glob) => {
      expect(keys.glob(parsePattern(pattern))).toBe(glob);
    },
  );

  it('takes what is special in a glob literally in a prefix', () => {
    expect(new RedisKeys('a*[b]?', '').glob(parsePattern('x'))).toBe('a\\*\\[b\\]\\?{x}*');
  });
});
