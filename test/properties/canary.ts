import { afterEach, expect } from '@jest/globals';
import { CacheTierError } from '../../lib/contract/errors.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { settle } from '../core/helpers.js';
import { CONTROLS } from './arbitraries.js';

const SPARED = new Map<string, unknown>([
  ['canary', { sings: [1, 2, 3] }],
  ['canary:2', 'Tweety'],
  ['__proto__x', null],
]);

const builtIns = [Object, Array, Map, Set, Date, Promise, Function, String, Error, RegExp].map(
  ({ name, prototype }) => ({ name, prototype: prototype as object }),
);

function describeBuiltIns(): unknown {
  return builtIns.map(({ name, prototype }) => [
    name,
    Object.getPrototypeOf(prototype) === Object.prototype ||
      Object.getPrototypeOf(prototype) === null,
    Reflect.ownKeys(prototype),
  ]);
}

/** Something beside what is under attack, which no attack may touch. */
export class Canary {
  readonly #before = describeBuiltIns();

  private constructor(private readonly cache: TieredCache) {}

  static async in(cache: TieredCache): Promise<Canary> {
    await cache.setMany(SPARED, { ttl: '1d' });
    return new Canary(cache);
  }

  /** It lives: other keys keep their values, the language is as it was, and the cache works on. */
  async expectAlive(): Promise<void> {
    demand(describeBuiltIns()).toEqual(this.#before);
    demand(({} as Record<string, unknown>).polluted).toBeUndefined();
    demand(await this.cache.getMany(SPARED.keys())).toEqual(SPARED);
    await this.cache.set('works on', 1);
    demand(await this.cache.get('works on')).toBe(1);
    await this.cache.remove('works on');
    demand(await this.cache.get('works on')).toBeUndefined();
  }
}

/** `expect`, for what holds of some of the values only: what it holds of is known when they are tried. */
export const demand = expect;

/** What came of a call: a value, or what it has thrown or rejected with. */
export type Outcome =
  | { readonly value: unknown; readonly error?: never }
  | { readonly value?: never; readonly error: CacheTierError };

const OVERDUE = Symbol('overdue');

/**
 * What comes of a call that may be answered, or refused by an error of this library that can be shown to
 * anybody. Anything else fails the test: a foreign error, or no answer at all.
 */
export async function outcomeOf(
  call: () => unknown,
  allowed?: (error: unknown) => boolean,
): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const overdue = new Promise((resolve) => {
      timer = setTimeout(resolve, 30_000, OVERDUE);
    });
    // In an object, because an answer may have a method `then` itself.
    const value = await Promise.race([
      (async () => call())().then((answer) => ({ answer })),
      overdue,
    ]);
    if (value === OVERDUE) throw new TypeError('the call is never answered');
    return { value: (value as { answer: unknown }).answer };
  } catch (error) {
    if (allowed?.(error) === true) return { error: error as CacheTierError };
    expectPresentable(error);
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/** An error of this library, whose message is one line of plain text of a reasonable length. */
export function expectPresentable(error: unknown): asserts error is CacheTierError {
  if (!(error instanceof CacheTierError)) throw error;
  expect(error.message).not.toMatch(CONTROLS);
  expect(error.message.length).toBeLessThan(1_500);
}

/** Counts rejections that nobody handles, and fails the test for them. */
export function watchRejections(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): unknown => unhandled.push(reason);
  process.on('unhandledRejection', note);
  afterEach(async () => {
    await settle();
    expect(unhandled.splice(0)).toEqual([]);
  });
}
