import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { normalUrl, requestKey, type KeyFacts } from '../../../lib/nest/http/request-key.js';
import { joinNames, variantOf, varyNames } from '../../../lib/nest/http/variants.js';

describe('normalUrl', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['/a', '/a'],
    ['/a/', '/a/'],
    ['/A', '/A'],
    ['/a?', '/a'],
    ['/a?&', '/a'],
    ['/a?b=2&a=1', '/a?a=1&b=2'],
    ['/a?a=2&a=1', '/a?a=2&a=1'],
    ['/a?b=1&a=2&b=0', '/a?a=2&b=1&b=0'],
    ['/a?a[b]=1&a=2', '/a?a[b]=1&a=2'],
    ['/a?b=1&a[y]=1&a[x]=2', '/a?a[y]=1&a[x]=2&b=1'],
    ['/a?b&a', '/a?a&b'],
    ['/a?a=1+2', '/a?a=1%202'],
    ['/a?a=1%202', '/a?a=1%202'],
    ['/a?a=1%2B2', '/a?a=1%2B2'],
    ['/%61%2d%7e', '/a-~'],
    ['/%c3%a9', '/%C3%A9'],
    ['/a%2fb', '/a%2Fb'],
    ['/a%zz%', '/a%zz%'],
    ['/%2541', '/%2541'],
    ['/a#b', '/a'],
    ['/a?b#c?d', '/a?b'],
    ['http://evil.example/a?b=1', '/a?b=1'],
    ['HTTPS://user@evil.example:1', '/'],
    ['//evil.example/a', '//evil.example/a'],
    ['/a?u=http://b/c', '/a?u=http://b/c'],
  ])('%j is %j', (target, expected) => {
    expect(normalUrl(target)).toBe(expected);
  });

  it('is its own normal form', () => {
    const part = fc.stringMatching(/^[a-z%+=&[\].?\d]{0,20}$/);
    fc.assert(
      fc.property(part, (text) => {
        const once = normalUrl(`/${text}`);
        expect(normalUrl(once)).toBe(once);
      }),
    );
  });

  it('leaves very many parameters in their order, of which parsers drop some', () => {
    const query = Array.from({ length: 101 }, (_, at) => `p${200 - at}=1`).join('&');
    expect(normalUrl(`/a?${query}`)).toBe(`/a?${query}`);
  });
});

describe('requestKey', () => {
  const facts: KeyFacts = {
    method: 'GET',
    principal: undefined,
    variant: '',
    route: 'CityController.find',
    resource: '/cities/7',
  };

  it('can be read where it is short', () => {
    expect(requestKey(facts)).toBe('http|GET|||CityController.find|/cities/7');
  });

  it('has no principal in it that can be read', () => {
    expect(requestKey({ ...facts, principal: 'alice@example.com' })).not.toContain('alice');
  });

  it('is short and well-formed, whatever stands in it', () => {
    for (const resource of ['x'.repeat(10_000), '\ud800', '\udfff']) {
      const key = requestKey({ ...facts, resource });
      expect(key).toMatch(/^http#[\w-]{43}$/);
    }
    expect(requestKey({ ...facts, resource: '\ud800' })).not.toBe(
      requestKey({ ...facts, resource: '\udfff' }),
    );
  });

  it('is another for each other list of facts', () => {
    const text = fc.oneof(
      fc.constantFrom('', '|', 'a|b', 'a', '||'),
      fc.string({ unit: 'binary' }),
    );
    const some = fc.record({
      method: fc.constantFrom('GET' as const, 'HEAD' as const),
      principal: fc.option(text, { nil: undefined }),
      variant: fc.constantFrom('', variantOf(['a'], { a: '1' })),
      route: text.map(encodeURIComponent),
      resource: text,
    });
    fc.assert(
      fc.property(some, some, (one, other) => {
        const isEqual = JSON.stringify(one) === JSON.stringify(other);
        expect(requestKey(one) === requestKey(other)).toBe(isEqual);
      }),
    );
  });
});

describe('varyNames', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['Accept', ['accept']],
    ['b, A ,,b', ['a', 'b']],
    [
      ['x', 'a, y'],
      ['a', 'x', 'y'],
    ],
    ['a, *', '*'],
  ])('of %j are %j', (header, expected) => {
    expect(varyNames(header)).toEqual(expected);
  });

  it('are joined', () => {
    expect(joinNames(['c', 'a'], ['b', 'a'])).toEqual(['a', 'b', 'c']);
  });
});

describe('variantOf', () => {
  it.each([
    [{ a: '1' }, { a: '1' }, true],
    [{ a: '1,2' }, { a: '1 ,  2' }, true],
    [{ a: ['1', '2'] }, { a: '1,2' }, true],
    [{ a: '1 2' }, { a: '1   2' }, true],
    [{ a: '1' }, { a: '1', b: '2' }, true],
    [{ a: '1' }, { a: '2' }, false],
    [{ a: '1,2' }, { a: '2,1' }, false],
    [{ a: 'x' }, { a: 'X' }, false],
    [{}, { a: '' }, false],
  ])('%j and %j are the same: %j', (one, other, same) => {
    expect(variantOf(['a'], one) === variantOf(['a'], other)).toBe(same);
  });

  it('values cannot pass for those of another header', () => {
    const names = ['a', 'b'];
    expect(variantOf(names, { a: '1', b: '' })).not.toBe(variantOf(names, { a: '', b: '1' }));
    expect(variantOf(names, { a: 'null' })).not.toBe(variantOf(names, {}));
  });
});
