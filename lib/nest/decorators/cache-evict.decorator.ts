import { concat, defer, ignoreElements, isObservable, type Observable } from 'rxjs';
import { checkFlag, checkText, checkWholeNumber } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { compilePattern } from '../../contract/pattern.js';
import { quote } from '../../contract/quote.js';
import { checkTagList } from '../../core/coherence/tags.js';
import { guardChange } from './guard-change.js';
import { afterEach } from './method-answer.js';
import type { TakesArgumentsOf } from './method-fit.js';
import {
  checkMethodOptions,
  tagsOfCall,
  type MethodCacheOptions,
  type TagsOf,
} from './method-options.js';
import type { MethodSetting } from './method-setting.js';
import { targetMethod, type TargetMethod } from './target-method.js';
import { wrapMethod } from './wrap-method.js';

/**
 * What is removed, and when: exactly one of `key`, `pattern`, `tags` and `all`. The functions are called on the
 * instance, as its methods are, when it is time to remove.
 *
 * @publicApi
 */
export interface CacheEvictOptions<A extends unknown[]> extends MethodCacheOptions {
  /** The key or keys to remove, or how to make them of the call's arguments. */
  readonly key?: string | readonly string[] | ((...args: A) => string | readonly string[]);
  /** Removes the keys that match: `*` any run of characters, `?` one, `\` escapes (`escapePattern` for arguments). */
  readonly pattern?: string | ((...args: A) => string);
  /**
   * Voids what has one of the tags, in all namespaces of the cache, whatever there is of it; or how to make them of
   * the call's arguments.
   */
  readonly tags?: TagsOf<A>;
  /** Removes everything in the namespace. */
  readonly all?: true;
  /**
   * With `key`: for how long nobody may cache the keys after their removal, in milliseconds; for methods that read
   * from a replica which lags behind. Default: 0.
   */
  readonly holdFor?: number;
  /**
   * Remove before the method runs, not after it has succeeded. Default: false, after: of an Observable before
   * each of its values is passed on.
   */
  readonly before?: boolean;
  /**
   * Whether the call fails when a tier could not remove, or other instances could not be told yet. Default: false,
   * it is logged: what the method did is done, and what is pending is carried out when the store answers again.
   */
  readonly throwOnError?: boolean;
}

/** A method that may be decorated: it answers a promise or an Observable. */
type ChangingMethod = (...args: never[]) => Promise<unknown> | Observable<unknown>;

const SCOPES = ['key', 'pattern', 'tags', 'all'] as const;
const OPTIONS = [...SCOPES, 'holdFor', 'before', 'throwOnError', 'cache', 'namespace'];

/**
 * Removes from the cache what a method changes, once it has succeeded. The decorator may stand several times
 * on one method.
 *
 * @throws InvalidOptionError and InvalidPatternError at decoration, for what can be known then
 * @publicApi
 */
export function CacheEvict<A extends unknown[] = unknown[]>(
  options: CacheEvictOptions<A>,
): <F extends ChangingMethod>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<F> & TakesArgumentsOf<F, A>,
) => void {
  return (prototype, property, descriptor) => {
    const target = targetMethod('CacheEvict', prototype, property, descriptor);
    checkEvictOptions(options, target);
    const { label, observable } = target;

    const handle = (setting: MethodSetting, self: object, args: unknown[]): unknown => {
      const run = (): unknown => target.method.apply(self, args);
      const evict = (): Promise<void> =>
        guardChange(label, options.throwOnError, () => remove(setting, options, self, args as A));
      if (options.before === true) {
        return observable === true
          ? concat(defer(evict).pipe(ignoreElements()), defer(run as () => Observable<unknown>))
          : evict().then(run);
      }
      const answer = run();
      return isObservable(answer)
        ? afterEach(answer, (value) => after(value, evict))
        : after(answer, evict);
    };

    wrapMethod(
      target,
      { cache: options.cache, namespace: options.namespace, keyedByName: false },
      handle,
    );
  };
}

async function after(answer: unknown, evict: () => Promise<void>): Promise<unknown> {
  const value = await answer;
  await evict();
  return value;
}

async function remove<A extends unknown[]>(
  { cache }: MethodSetting,
  { key, pattern, tags, holdFor }: CacheEvictOptions<A>,
  self: object,
  args: A,
): Promise<void> {
  if (key !== undefined) {
    const keys = typeof key === 'function' ? key.apply(self, args) : key;
    return cache.removeMany(typeof keys === 'string' ? [keys] : keys, { holdFor });
  }
  if (pattern !== undefined) {
    return cache.removePattern(typeof pattern === 'function' ? pattern.apply(self, args) : pattern);
  }
  if (tags !== undefined) return cache.invalidateTags(tagsOfCall(tags, self, args));
  return cache.clear();
}

function checkEvictOptions<A extends unknown[]>(
  options: CacheEvictOptions<A>,
  { label, observable }: TargetMethod,
): void {
  checkMethodOptions(options, OPTIONS, label);
  const { key, pattern, tags, holdFor, before, throwOnError } = options;
  const all: unknown = options.all;
  if (SCOPES.filter((scope) => options[scope] !== undefined).length !== 1) {
    throw new InvalidOptionError(label, `needs exactly one of ${SCOPES.join(', ')}`);
  }
  if (typeof key !== 'function') checkKeys(key, `${label}: key`);
  if (typeof pattern !== 'function') {
    checkText(pattern, `${label}: pattern`);
    if (pattern !== undefined) compilePattern(pattern);
  }
  if (tags !== undefined && typeof tags !== 'function') checkTagList(tags, `${label}: tags`);
  checkWholeNumber(holdFor, 0, `${label}: holdFor`);
  if (holdFor !== undefined && key === undefined) {
    throw new InvalidOptionError(`${label}: holdFor`, 'goes with key: keys alone can be held');
  }
  if (all !== undefined && all !== true) {
    throw new InvalidOptionError(`${label}: all`, `is true or left out; got ${quote(all)}`);
  }
  checkFlag(before, `${label}: before`);
  checkFlag(throwOnError, `${label}: throwOnError`);
  if (before && observable === undefined) {
    throw new InvalidOptionError(
      `${label}: before`,
      'needs to know whether the method answers a promise or an Observable before it has run: make it async, or write down the type that it returns',
    );
  }
}

function checkKeys(keys: string | readonly string[] | undefined, path: string): void {
  if (!Array.isArray(keys)) return checkText(keys, path);
  keys.forEach((key: unknown, index) => checkText(key ?? null, `${path}[${index}]`));
}
