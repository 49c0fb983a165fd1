import { isObservable } from 'rxjs';
import { checkFlag } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import type { SetOptions } from '../../core/call-options.js';
import type { LoadPolicyOptions } from '../../core/loading/load-policy.js';
import type { CacheableMethod } from './cached.decorator.js';
import { guardChange } from './guard-change.js';
import { afterEach, settle } from './method-answer.js';
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
 * How a method's answer is stored. The functions are called on the instance, as its methods are.
 *
 * @publicApi
 */
export interface CachePutOptions<A extends unknown[], T, G extends unknown[] = A>
  extends
    MethodCacheOptions,
    Omit<MethodKeepOptions<T, G>, Exclude<keyof LoadPolicyOptions, keyof SetOptions>> {
  /** The key to store the answer under, from the call's arguments. */
  readonly key: (...args: A) => string;
  /** Whether the call fails when a tier could not store it. Default: false, it is logged. */
  readonly throwOnError?: boolean;
}

const OPTIONS = [
  'key',
  'ttl',
  'staleFor',
  'jitter',
  'type',
  'unless',
  'tags',
  'throwOnError',
  'cache',
  'namespace',
];

/**
 * Stores what a method answers, always running it: for methods that change what a `@Cached` method with the
 * same key reads. An answer of `undefined` removes the key. Of an Observable each value is stored before it is
 * passed on; one without values removes the key.
 *
 * @throws InvalidOptionError and InvalidTtlError at decoration, for what can be known then
 * @publicApi
 */
export function CachePut<
  A extends unknown[] = unknown[],
  T = unknown,
  G extends unknown[] = unknown[],
>(
  options: CachePutOptions<A, T, G>,
): <F extends CacheableMethod<T>>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<F> & TakesArgumentsOf<F, A> & TakesArgumentsOf<F, G>,
) => void {
  return (prototype, property, descriptor) => {
    const target = targetMethod('CachePut', prototype, property, descriptor);
    const { label } = target;
    checkMethodOptions(options, OPTIONS, label);
    if (options.key === undefined) throw new InvalidOptionError(`${label}: key`, 'is needed');
    checkFunctions(options, ['key'], label);
    checkKeepOptions(options, label);
    checkFlag(options.throwOnError, `${label}: throwOnError`);
    refuseResponseParameter(target);

    const handle = (setting: MethodSetting, self: object, args: unknown[]): unknown => {
      const put = async (answer: unknown): Promise<unknown> => {
        const value = await settle(answer, label);
        await guardChange(label, options.throwOnError, () =>
          store(setting, options, self, args, value),
        );
        return value;
      };
      const answer = target.method.apply(self, args);
      return isObservable(answer) ? afterEach(answer, put) : put(answer);
    };

    wrapMethod(
      target,
      { cache: options.cache, namespace: options.namespace, keyedByName: false },
      handle,
    );
  };
}

async function store<A extends unknown[], T, G extends unknown[]>(
  { cache, defaults }: MethodSetting,
  options: CachePutOptions<A, T, G>,
  self: object,
  args: unknown[],
  value: unknown,
): Promise<void> {
  const key = options.key.apply(self, args as A);
  if (value === undefined) return cache.remove(key);
  const kept = withDefaults(options, defaults, self, args as G);
  if (kept.unless?.(value) === true) return;
  const { ttl, staleFor, jitter, type, tags } = kept;
  await cache.set(key, value, { ttl, staleFor, jitter, type, tags });
}
