import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { estimateSize } from '../../../lib/backends/memory/estimate-size.js';

const row = (id: number) => ({
  id,
  name: `place ${String(id).padStart(6, '0')}`,
  country: 'NL',
  lat: 52.25 + id / 7,
  lon: 4.5 + id / 7,
});

describe('estimateSize', () => {
  it('counts the contents of buffers and typed arrays by their bytes', () => {
    for (const value of [
      Buffer.alloc(10_000),
      new Uint8Array(10_000),
      new Float64Array(1_250),
      new ArrayBuffer(10_000),
      new DataView(new ArrayBuffer(10_000)),
      Buffer.alloc(100_000).subarray(0, 10_000),
    ]) {
      expect(estimateSize(value)).toBeGreaterThanOrEqual(10_000);
      expect(estimateSize(value)).toBeLessThan(10_200);
    }
  });

  it('counts a text by its length, twice that where its characters need it', () => {
    expect(estimateSize('x'.repeat(10_000))).toBeGreaterThan(10_000);
    expect(estimateSize('x'.repeat(10_000))).toBeLessThan(10_100);
    expect(estimateSize('ключ'.repeat(2_500))).toBeGreaterThan(20_000);
    expect(estimateSize('ключ'.repeat(2_500))).toBeLessThan(20_100);
  });

  // What these took in Node 20, measured by the heap before and after making 2,000 of them.
  it.each([
    ['a row', row(1), 145],
    ['50 rows', Array.from({ length: 50 }, (_, id) => row(id)), 7_100],
    ['1,000 whole numbers', Array.from({ length: 1_000 }, (_, i) => i), 8_056],
    ['1,000 fractions', Array.from({ length: 1_000 }, (_, i) => i / 7), 8_069],
    [
      'a Map of 100',
      new Map(Array.from({ length: 100 }, (_, i) => [`key ${i + 10_000}`, i])),
      6_866,
    ],
    ['a Set of 100', new Set(Array.from({ length: 100 }, (_, i) => `key ${i + 10_000}`)), 5_841],
    ['a date', new Date(), 120],
    [
      'an object of 500 fields',
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i + 10_000}`, i])),
      40_673,
    ],
  ])('is within a half of what was measured: %s', (_, value, measured) => {
    expect(estimateSize(value)).toBeGreaterThan(measured * 0.5);
    expect(estimateSize(value)).toBeLessThan(measured * 1.5);
  });

  it('takes the members of a large collection that it does not look at to be like the others', () => {
    const items = Array.from({ length: 100_000 }, (_, id) => row(id));
    const each = estimateSize(items) / items.length;
    expect(each).toBeGreaterThan(100);
    expect(each).toBeLessThan(250);
    for (const collection of [
      new Set(items),
      new Map(items.map((item) => [item.id, item])),
      Object.fromEntries(items.map((item) => [item.name, item])),
    ]) {
      expect(estimateSize(collection)).toBeGreaterThan(items.length * 100);
      expect(estimateSize(collection)).toBeLessThan(items.length * 400);
    }
  });

  it('looks into a bounded number of objects, however many there are', () => {
    let looks = 0;
    const item = (): object =>
      new Proxy(
        { a: 1 },
        {
          ownKeys: (target) => {
            looks++;
            return Reflect.ownKeys(target);
          },
        },
      );
    const wide = (depth: number): unknown =>
      depth === 0 ? item() : Array.from({ length: 33 }, () => wide(depth - 1));
    const size = estimateSize(wide(3));
    expect(looks).toBeLessThan(10_000);
    expect(size).toBeGreaterThan(33 ** 3 * 20);
    expect(size).toBeLessThan(33 ** 3 * 200);
  });

  it('ends with cycles, and counts what is reached twice once', () => {
    const shared = 'x'.repeat(1_000);
    const node: Record<string, unknown> = { text: shared };
    node.self = node;
    node.list = [node, node];
    expect(estimateSize(node)).toBeLessThan(1_200);
    const holder = { inner: [1, 2, 3, shared] };
    expect(estimateSize([holder, holder])).toBeLessThan(estimateSize([holder, { ...holder }]) + 1);
  });

  it('ends with a chain that is longer than the stack is deep', () => {
    let list: unknown = undefined;
    for (let i = 0; i < 200_000; i++) list = { i, next: list };
    expect(estimateSize(list)).toBeGreaterThan(10_000);
  });

  it('calls no getters', () => {
    const value = Object.defineProperty({ a: 'x'.repeat(500) }, 'b', {
      enumerable: true,
      get: () => {
        throw new TypeError('called');
      },
    });
    expect(estimateSize(value)).toBeGreaterThan(500);
  });

  it('knows the collections of another realm, such as a test runner makes', () => {
    const value: unknown = runInNewContext(
      'new Map([["key", new Set(["x".repeat(5000)])], ["date", new Date(0)]])',
    );
    expect(estimateSize(value)).toBeGreaterThan(5_000);
  });

  it('answers a whole number of at least 1, whatever the value', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const size = estimateSize(value);
        expect(Number.isSafeInteger(size) && size >= 1).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(estimateSize(() => 1)).toBeGreaterThan(0);
    expect(estimateSize(Symbol('x'))).toBeGreaterThan(0);
  });
});
