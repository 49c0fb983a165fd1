import { defer, isObservable, type Observable } from 'rxjs';
import { LOAD_POLICY_OPTIONS } from '../../core/loading/load-policy.js';
import { canonicalKeyMaker } from '../canonical-key.js';
import { settle } from './method-answer.js';
import type { TakesArgumentsOf } from './method-fit.js';
import {
  checkFunctions,
  checkKeepOptions,
  checkMethodOptions,
  withDefaults,
  type MethodCacheOptions,
  type MethodKeepOptions,
} from './method-options.js';
import type { MethodSetting } from './method-setting.js';
import { refuseResponseParameter, targetMethod } from './target-method.js';
import { wrapMethod } from './wrap-method.js';

/**
 * How a method's answers are cached. The functions are called on the instance, as its methods are.
 *
 * @publicApi
 */
export interface CachedOptions<
  A extends unknown[],
  T,
  W extends unknown[] = A,
  G extends unknown[] = A,
>
  extends MethodCacheOptions, MethodKeepOptions<T, G> {
  /**
   * The key of a call's answer, from the call's arguments. Default: the names of the class and the method,
   * and the arguments, encoded so that no two calls with different arguments share a key.
   */
  readonly key?: (...args: A) => string;
  /** Whether a call is cached at all; where this says false, the method simply runs. Default: always. */
  readonly when?: (...args: W) => boolean;
}

/** A method that `@Cached` can decorate: it answers a promise or an Observable. */
export type CacheableMethod<T> = (
  ...args: never[]
) => Promise<T | null | undefined> | Observable<T | null | undefined>;

const OPTIONS = [
  'key',
  'when',
  'ttl',
  ...Object.keys(LOAD_POLICY_OPTIONS),
  'type',
  'unless',
  'tags',
  'cache',
  'namespace',
];

/**
 * Caches what a method of a provider or controller answers, by its arguments: the first call runs it, the
 * calls that come meanwhile share its answer, and those that come within the ttl are answered from the
 * cache. `undefined` means "absent" and is kept only with `negativeTtl`. Of an Observable the last value is
 * kept. Without the module, or on an instance made with `new`, the method runs as if it were not decorated;
 * so does one that is called by `super` from an override which is cached itself.
 *
 * A method that answers a promise rejects, where the key or the condition fails; it never throws.
 *
 * @throws InvalidOptionError and InvalidTtlError at decoration, for what can be known then
 * @publicApi
 */
export function Cached<
  A extends unknown[] = unknown[],
  T = unknown,
  W extends unknown[] = unknown[],
  G extends unknown[] = unknown[],
>(
  options: CachedOptions<A, T, W, G> = {},
): <F extends CacheableMethod<T>>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<F> &
    TakesArgumentsOf<F, A> &
    TakesArgumentsOf<F, W> &
    TakesArgumentsOf<F, G>,
) => void {
  return (prototype, property, descriptor) => {
    const target = targetMethod('Cached', prototype, property, descriptor);
    const { label } = target;
    checkMethodOptions(options, OPTIONS, label);
    checkFunctions(options, ['key', 'when'], label);
    checkKeepOptions(options, label);
    refuseResponseParameter(target);
    // Refuses a method whose name cannot be part of a key.
    if (options.key === undefined) canonicalKeyMaker(prototype.constructor.name, property);
    let { observable } = target;

    const load = (
      { cache, defaults }: MethodSetting,
      self: object,
      args: unknown[],
      key: string,
      answer: () => unknown,
    ): Promise<unknown> =>
      cache.computeMissing(
        key,
        () => settle(answer(), label),
        withDefaults(options, defaults, self, args as G),
      );

    const keyOf = (setting: MethodSetting, self: object, args: unknown[]): string =>
      options.key === undefined ? setting.defaultKey(args) : options.key.apply(self, args as A);

    const run = (setting: MethodSetting, self: object, args: unknown[], key: string) =>
      load(setting, self, args, key, () => target.method.apply(self, args));

    const observe = (setting: MethodSetting, self: object, args: unknown[]): unknown => {
      const key = keyOf(setting, self, args);
      return defer(() => setting.cache.hit(key) ?? run(setting, self, args, key));
    };

    // Nothing tells what it answers, so its first call does, at the price of running it where the cache
    // might have answered.
    const findOut = (setting: MethodSetting, self: object, args: unknown[]): unknown => {
      const { cache } = setting;
      const key = keyOf(setting, self, args);
      const answer = target.method.apply(self, args);
      observable = isObservable(answer);
      if (observable)
        return defer(() => cache.hit(key) ?? load(setting, self, args, key, () => answer));
      Promise.resolve(answer).catch(() => undefined);
      return cache.hit(key) ?? load(setting, self, args, key, () => answer);
    };

    // The way of a hit: no function is made here, because the call would then keep its variables in the heap.
    const handle = (setting: MethodSetting, self: object, args: unknown[]): unknown => {
      if (setting.isOverridden || options.when?.apply(self, args as W) === false) {
        return target.method.apply(self, args);
      }
      if (observable === true) return observe(setting, self, args);
      if (observable === undefined) return findOut(setting, self, args);
      if (options.key === undefined) {
        const known = setting.knownHit(args);
        if (known !== undefined) return known;
      }
      const key = keyOf(setting, self, args);
      const hit = setting.cache.hit(key);
      if (hit === undefined) return run(setting, self, args, key);
      if (options.key === undefined) setting.remember(args, key);
      return hit;
    };

    wrapMethod(
      target,
      {
        cache: options.cache,
        namespace: options.namespace,
        keyedByName: options.key === undefined,
      },
      handle,
    );
  };
}
