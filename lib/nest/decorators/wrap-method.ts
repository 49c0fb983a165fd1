import { throwError } from 'rxjs';
import { cacheIn, declareMethod, slotOf, type DecoratedMethod } from './cache-slot.js';
import { MethodSetting } from './method-setting.js';
import type { TargetMethod } from './target-method.js';

/** Answers a call on an instance that has a cache. */
type Handler = (setting: MethodSetting, self: object, args: unknown[]) => unknown;

type Decoration = Pick<DecoratedMethod, 'cache' | 'namespace' | 'keyedByName'>;

/**
 * Puts `handle` in the place of a method. Instances without a cache run the method as it is. The wrapper
 * carries the method's name and metadata, so that guards, pipes and Swagger see the same above and below it.
 *
 * @throws InvalidOptionError where the method cannot be decorated
 */
export function wrapMethod(target: TargetMethod, decoration: Decoration, handle: Handler): void {
  const { decorator, label, prototype, property, method, observable } = target;
  const decorated = { decorator, label, prototype, property, ...decoration };
  declareMethod(decorated);
  const slot = slotOf(decoration.cache);
  const settings = new WeakMap<object, MethodSetting>();
  // Most methods are called on instances of one class, and a look at a WeakMap would cost as much as the hit.
  let last: MethodSetting | undefined;
  const wrapper = function (this: object, ...args: unknown[]): unknown {
    const source = cacheIn(this, slot);
    if (source === undefined) return method.apply(this, args);
    const owner = this.constructor;
    try {
      if (last?.owner !== owner || last.source !== source) {
        last = settings.get(owner);
        if (last?.source !== source) {
          last = new MethodSetting(source, owner, decorated);
          settings.set(owner, last);
        }
      }
      return handle(last, this, args);
    } catch (error) {
      // Whoever calls a method that answers a promise or an Observable looks for its errors there.
      if (observable === undefined) throw error;
      return observable ? throwError(() => error) : Promise.reject(error);
    }
  };
  copyIdentity(method, wrapper);
  target.descriptor.value = wrapper;
}

function copyIdentity(original: object, wrapper: object): void {
  for (const key of Reflect.getOwnMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), wrapper);
  }
  for (const name of ['name', 'length']) {
    const value: unknown = Reflect.get(original, name);
    Object.defineProperty(wrapper, name, { value, configurable: true });
  }
}
