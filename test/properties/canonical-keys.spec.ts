import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidKeyError } from '../../lib/contract/errors.js';
import { TieredCache } from '../../lib/core/tiered-cache.js';
import { canonicalKey } from '../../lib/nest/canonical-key.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { Cached } from '../../lib/nest/decorators/cached.decorator.js';
import { isSame, storableValue } from '../codecs/values.js';
import { NestApps } from '../nest/support/nest-apps.js';
import { anyHostile, anyText, hostiles, meaningfulText } from './arbitraries.js';
import { Canary, expectPresentable, outcomeOf, watchRejections, demand } from './canary.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());
watchRejections();

/** Argument lists that are often nearly the same, and now and then the same. */
const fewArguments = fc.array(
  fc.oneof(
    fc.constantFrom<unknown[]>(
      0,
      -0,
      1,
      '1',
      1n,
      '1n',
      '',
      '""',
      null,
      'null',
      undefined,
      'undefined',
      NaN,
      'NaN',
      true,
      'true',
      '[]',
      '{}',
      ',',
      ',1',
      '1,1',
      'a',
      '"a"',
      '\\"',
      '\\',
      '\u0000',
      '\u2028',
    ),
    fc.constantFrom<unknown[]>(
      [],
      [[]],
      [1],
      ['1'],
      [1, 1],
      [undefined],
      {},
      { a: 1 },
      { a: undefined },
      { a: '1' },
      { b: 1, a: 1 },
      { a: { b: 1 } },
      { 'a":1,"b': 1 },
      { a: 1, b: 1 },
    ),
    fc.constantFrom<unknown[]>(
      new Map(),
      new Map([[1, 1]]),
      new Set(),
      new Set([1]),
      new Set([[1, 1]]),
      new Date(0),
      new Date(NaN),
      new Date(1),
      Buffer.from('a'),
      new Uint8Array([97]),
    ),
    storableValue,
  ),
  { maxLength: 3 },
);

function keyOf(args: readonly unknown[], maxLength?: number): string {
  return canonicalKey('CityService', 'find', args, maxLength);
}

function areEqual(left: unknown, right: unknown): boolean {
  return isSame(sorted(left), sorted(right));
}

/** The same data with the properties of its objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Map) return new Map(sorted([...value]) as [unknown, unknown][]);
  if (value instanceof Set) return new Set(sorted([...value]) as unknown[]);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, sorted(item)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

describe('the default key', () => {
  it.each([undefined, 80])('is the same for equal arguments only (limit %p)', (maxLength) => {
    fc.assert(
      fc.property(fewArguments, fewArguments, (left, right) => {
        const sameKey = keyOf(left, maxLength) === keyOf(right, maxLength);
        expect(sameKey).toBe(areEqual(left, right));
      }),
      { numRuns: 700 },
    );
  });

  it('is the same for copies, in whatever order their properties are', () => {
    fc.assert(
      fc.property(fc.array(storableValue, { maxLength: 3 }), (args) => {
        expect(keyOf(sorted(args) as unknown[])).toBe(keyOf(args));
      }),
      { numRuns: 150 },
    );
  });

  it('is one that the cache takes, of at most the length that is asked for', () => {
    const limit = fc.integer({ min: 90, max: 300 });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(storableValue, anyText), { maxLength: 4 }),
        limit,
        (args, most) => {
          const key = keyOf(args, most);
          expect(key.length).toBeLessThanOrEqual(most);
          expect(key.isWellFormed()).toBe(true);
          expect(key).toMatch(/^CityService\.find\(.*\)$/s);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is made of hostile arguments, or refused with the place of what is wrong', () => {
    fc.assert(
      fc.property(
        fc.array(anyHostile, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('plain', 'nested'),
        (given, form) => {
          const args = given.map(({ make }) => (form === 'plain' ? make() : { list: [make()] }));
          try {
            expect(keyOf(args).isWellFormed()).toBe(true);
          } catch (error) {
            expectPresentable(error);
            demand(error).toBeInstanceOf(InvalidKeyError);
            demand(error.message).toMatch(
              /^No default key for this call of CityService\.find: argument \d/,
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('tells methods apart whatever their names', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, anyText, (class1, method1, class2, method2) => {
        fc.pre([class1, method1, class2, method2].every((name) => name.length < 100));
        const same = class1 === class2 && method1 === method2;
        const keys = [canonicalKey(class1, method1, []), canonicalKey(class2, method2, [])];
        expect(new Set(keys).size).toBe(same ? 1 : 2);
      }),
      { numRuns: 250 },
    );
  });
});

describe('@Cached', () => {
  @Injectable()
  class Service {
    runs = 0;

    @Cached()
    async byArguments(...args: unknown[]): Promise<number> {
      this.runs += args.length;
      return this.runs;
    }

    @Cached({ key: (key) => key as string, tags: (_key, tags) => tags as string[] })
    async byKey(_key: unknown, _tags: unknown = []): Promise<number> {
      return ++this.runs;
    }
  }

  it('answers hostile arguments, or rejects with an error of the library; others are cached on', async () => {
    const app = await apps.start({ imports: [CacheTierModule.forRoot()], providers: [Service] });
    const service = app.get(Service);
    const canary = await Canary.in(app.get(TieredCache));
    const kept = await service.byArguments('kept');
    for (const { title, make } of hostiles) {
      const value = make();
      const first = await outcomeOf(() => service.byArguments(value));
      const again = await outcomeOf(() => service.byArguments(value));
      // A getter may give something else each time.
      if (!title.includes('another value')) demand([title, again]).toEqual([title, first]);
      await outcomeOf(() => service.byKey(make()));
      await outcomeOf(() => service.byKey('a', make()));
      await outcomeOf(() => service.byKey('a', [make()]));
      await app.get(TieredCache).remove('a');
    }
    expect(await service.byArguments('kept')).toBe(kept);
    await canary.expectAlive();
    expect(apps.log.errors).toEqual([]);
  });

  it('keeps the answers of calls apart whose arguments mean something elsewhere', async () => {
    const app = await apps.start({ imports: [CacheTierModule.forRoot()], providers: [Service] });
    const service = app.get(Service);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(meaningfulText, { minLength: 2, maxLength: 6 }),
        async (texts) => {
          await app.get(TieredCache).clear();
          const answers = [];
          for (const text of texts) answers.push(await service.byArguments(text));
          expect(new Set(answers).size).toBe(texts.length);
          for (const [index, text] of texts.entries()) {
            expect(await service.byArguments(text)).toBe(answers[index]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
