import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidPatternError } from '../../lib/contract/errors.js';
import { compilePattern, escapePattern } from '../../lib/contract/pattern.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { memoryOnly, twoTiers } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { anyText, hostiles, meaningfulText, validKey } from './arbitraries.js';
import { Canary, outcomeOf, watchRejections, demand } from './canary.js';
import { PATIENT } from '../support/patience.js';

watchRejections();

/** The grammar as it is said: every split of the key is tried. Exponential, and plain to see. */
function matches(pattern: readonly string[], key: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return key.length === 0;
  if (first === '*') return key.some((_, at) => matches(rest, key.slice(at))) || matches(rest, []);
  const literal = first === '\\' ? rest[0] : first;
  const isOne = first === '?' ? key.length > 0 : key[0] === literal;
  return isOne && matches(first === '\\' ? rest.slice(1) : rest, key.slice(1));
}

function isPattern(pattern: string): boolean {
  const backslashes = /\\*$/.exec(pattern)?.[0].length ?? 0;
  return pattern !== '' && backslashes % 2 === 0;
}

/** Of few letters, so that keys and patterns meet; some of them are half of another in bytes or in units. */
const letter = fc.constantFrom(
  'a',
  'b',
  '😀',
  '😁',
  'é',
  'e\u0301',
  '[',
  ']',
  '{',
  '}',
  '%',
  ':',
  '\n',
  '\\',
  '*',
  '?',
);
const shortKey = fc
  .array(letter, { minLength: 1, maxLength: 6 })
  .map((letters) => letters.join(''));
const aPattern = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('*', '?') },
      { weight: 4, arbitrary: letter.map(escapePattern) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('[ab]', '[^a]', '{a,b}', '\\a', '**', '%7B', '(a|b)'),
      },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((steps) => steps.join(''))
  .filter((pattern) => (pattern.match(/\*/g) ?? []).length <= 4);

describe('a pattern', () => {
  it('matches what the grammar says', () => {
    fc.assert(
      fc.property(aPattern, shortKey, (pattern, key) => {
        expect(compilePattern(pattern)(key)).toBe(matches(Array.from(pattern), Array.from(key)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('of any text is taken, or refused for its end alone', () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(anyText, (pattern) => {
        if (isPattern(pattern)) demand(compilePattern(pattern)).toBeInstanceOf(Function);
        else demand(() => compilePattern(pattern)).toThrow(InvalidPatternError);
      }),
      { numRuns: 120 },
    );
  });

  it('that is no text is refused, and removes nothing', async () => {
    const { cache } = twoTiers();
    const canary = await Canary.in(cache);
    for (const { title, make } of hostiles) {
      const pattern = make();
      if (typeof pattern === 'string' && isPattern(pattern)) continue;
      const { error } = await outcomeOf(() => cache.removePattern(pattern as string));
      expect([title, error?.constructor]).toEqual([title, InvalidPatternError]);
    }
    await canary.expectAlive();
    await cache.close();
  });
});

describe('the same pattern in memory and in Redis', () => {
  let server: RedisServer;
  let redis: TieredCache;
  let memory: TieredCache;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = createTieredCache({ tiers: [redisTier({ url: server.url, ...PATIENT })] });
    memory = memoryOnly().cache;
  });

  beforeEach(async () => {
    await redis.clear();
    await memory.clear();
  });

  afterAll(async () => {
    await redis.close();
    await memory.close();
    await server.stop();
  });

  it('removes what the grammar says, and nothing else', async () => {
    const inner = [memory, redis].map((cache) => cache.namespace('inner'));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: shortKey }, validKey), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.oneof({ weight: 4, arbitrary: aPattern }, meaningfulText.filter(isPattern)),
        async (keys, pattern) => {
          fc.pre((pattern.match(/\*/g) ?? []).length <= 4 && keys.every((key) => key.length < 40));
          const entries = keys.map((key): [string, number] => [key, 1]);
          const left = keys.filter((key) => !matches(Array.from(pattern), Array.from(key)));
          for (const cache of [memory, redis, ...inner]) await cache.setMany(entries);
          for (const cache of [memory, redis]) {
            await cache.removePattern(pattern);
            expect([...(await cache.getMany(keys)).keys()]).toEqual(left);
          }
          for (const cache of inner) {
            expect([...(await cache.getMany(keys)).keys()]).toEqual(keys);
          }
          for (const cache of [memory, redis, ...inner]) await cache.removeMany(keys);
        },
      ),
      { numRuns: 120 },
    );
  });
});
