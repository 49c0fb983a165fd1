import { describe, expect, it } from '@jest/globals';
import type { StorePlace } from '../../../lib/contract/capabilities.js';
import {
  KnownArguments,
  MAX_INDEXED,
  MAX_NODES,
} from '../../../lib/nest/decorators/known-arguments.js';
import { MAX_INDEXED_TEXT } from '../../../lib/nest/decorators/indexed.js';

function setUp() {
  const index = new KnownArguments();
  const know = (...args: unknown[]): StorePlace => {
    const place = { key: String(Math.random()), promise: undefined, goodUntil: 0, judged: 0 };
    index.add(args, () => place);
    return place;
  };
  const found = (...args: unknown[]) => index.find(args);
  return { index, know, found };
}

describe('KnownArguments', () => {
  it('finds what was made known, whatever the order of properties', () => {
    const { know, found } = setUp();
    const paris = know('paris');
    const page = know({ city: 'paris', page: 2, old: undefined });
    expect(found('paris')).toBe(paris);
    expect(found({ city: 'paris', page: 2, old: undefined })).toBe(page);
    expect(found({ city: 'paris', page: 3, old: undefined })).toBeUndefined();
    const turned = know({ page: 2, old: undefined, city: 'paris' });
    expect(found({ page: 2, old: undefined, city: 'paris' })).toBe(turned);
  });

  it('tells values apart as default keys do', () => {
    const values = ['1', 1, 0, '0', '', NaN, 'NaN', null, 'null', undefined, true, 'true', false];
    const { know, found } = setUp();
    const places = values.map((value) => know(value));
    const inObjects = values.map((value) => know({ value }));
    expect(values.map((value) => found(value))).toEqual(places);
    expect(values.map((value) => found({ value }))).toEqual(inObjects);
    expect(new Set([...places, ...inObjects]).size).toBe(2 * values.length);
  });

  it.each<[string, unknown[]]>([
    ['-0', [-0]],
    ['-0 in an object', [{ from: -0 }]],
    ['no argument', []],
    ['two', ['a', 'b']],
    ['a long text', ['x'.repeat(MAX_INDEXED_TEXT + 1)]],
    ['a nested object', [{ a: {} }]],
    ['an object without properties', [{}]],
    ['an array', [['a']]],
    ['a Date', [new Date(0)]],
    [
      'an instance',
      [
        new (class Query {
          readonly q = 'a';
        })(),
      ],
    ],
    ['an object with a symbol', [{ a: 1, [Symbol('s')]: 1 }]],
    ['many properties', [Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`p${i}`, i]))]],
    [
      'what throws when it is read',
      [
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new TypeError('no');
            },
          },
        ),
      ],
    ],
  ])('leaves %s to its key', (_, args) => {
    const { know, found, index } = setUp();
    know(0);
    know({ from: 0 });
    const before = index.size;
    know(...args);
    expect(found(...args)).toBeUndefined();
    expect(index.size).toBe(before);
  });

  it('does not take an object for one with more or fewer properties', () => {
    const { know, found } = setUp();
    know({ a: 1, b: undefined });
    expect(found({ a: 1 })).toBeUndefined();
    expect(found({ a: 1, b: undefined, c: undefined })).toBeUndefined();
  });

  it('begins anew when it is full, so that it is bounded', () => {
    const { index, know, found } = setUp();
    let most = 0;
    for (let i = 0; i < 3 * MAX_INDEXED; i++) {
      know(`city:${i}`);
      know({ a: i, b: i, c: i });
      most = Math.max(most, index.size);
    }
    expect(most).toBeLessThanOrEqual(MAX_INDEXED + MAX_NODES);
    expect(found('city:0')).toBeUndefined();
  });
});
