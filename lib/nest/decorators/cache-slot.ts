import { Inject, Optional } from '@nestjs/common';
import { InvalidOptionError } from '../../contract/errors.js';
import type { TieredCache } from '../../core/tiered-cache.js';

/**
 * What decorated methods are given in the place of the cache. It needs nothing and is there at once, so that
 * the services which the cache itself is made of may be decorated too; their methods run as they are until
 * there is a cache.
 */
export class CacheHolder {
  cache: TieredCache | undefined;
}

const DECORATED = Symbol('nestjs-cache-tier:decorated');
const UNNAMED = Symbol('nestjs-cache-tier:slot');
const slots = new Map<string, symbol>();

/** A method that a decorator of this library has wrapped. */
export interface DecoratedMethod {
  readonly decorator: string;
  /** The decorator's name and the method's, for messages: `@Cached on CityService.findOne`. */
  readonly label: string;
  /** The prototype of the class that declares the method. */
  readonly prototype: object;
  readonly property: string | symbol;
  /** The name of the cache; `undefined` for the unnamed one. */
  readonly cache: string | undefined;
  /** Whether the key is made of the names of the class and the method. */
  readonly keyedByName: boolean;
  /** The namespace that the decorator itself names. */
  readonly namespace: string | undefined;
}

/** The property of an instance that has the holder of its cache of that name, and the holder's injection token. */
export function slotOf(cache: string | undefined): symbol {
  if (cache === undefined) return UNNAMED;
  let slot = slots.get(cache);
  if (slot === undefined) {
    slot = Symbol(`nestjs-cache-tier:slot(${cache})`);
    slots.set(cache, slot);
  }
  return slot;
}

/**
 * Has Nest inject the cache's holder into a property of the class's instances, where there is such a cache:
 * without one the methods work as if they were not decorated. Nothing is kept for the process, so that
 * applications in one process stay apart.
 *
 * @throws InvalidOptionError when the method is cached already: it would wait for itself
 */
export function declareMethod(decorated: DecoratedMethod): void {
  const { prototype, cache, decorator } = decorated;
  const known = decoratedMethods(prototype.constructor);
  if (decorator === 'Cached' && known.some((other) => isSameMethod(other, decorated))) {
    throw new InvalidOptionError(decorated.label, 'may stand once on a method');
  }
  if (!known.some((other) => other.cache === cache)) {
    const slot = slotOf(cache);
    Inject(slot)(prototype, slot);
    Optional()(prototype, slot);
  }
  Reflect.defineMetadata(DECORATED, [...known, decorated], prototype.constructor);
}

/** The decorated methods of a class, inherited ones included. */
export function decoratedMethods(target: object): readonly DecoratedMethod[] {
  return (Reflect.getMetadata(DECORATED, target) as DecoratedMethod[] | undefined) ?? [];
}

/** The cache of an instance, once there is one. */
export function cacheIn(instance: unknown, slot: symbol): TieredCache | undefined {
  return (instance as Record<symbol, CacheHolder | undefined> | undefined)?.[slot]?.cache;
}

/**
 * Gives an instance that Nest did not construct its cache. One that an earlier application has used gets the
 * cache of this one.
 */
export function fillSlot(instance: object, slot: symbol, holder: CacheHolder): void {
  if (Object.isExtensible(instance)) {
    Object.defineProperty(instance, slot, { value: holder, writable: true, configurable: true });
  }
}

function isSameMethod(one: DecoratedMethod, other: DecoratedMethod): boolean {
  return (
    one.decorator === other.decorator &&
    one.prototype === other.prototype &&
    one.property === other.property
  );
}
