import { createHash } from 'node:crypto';
import { HOST_METADATA, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { propertyOf, type HandlerFunction } from '../route-handlers.js';

/** A route's controller and method. */
interface RouteOwner {
  readonly type: HandlerFunction;
  readonly handler: HandlerFunction;
}

/**
 * The names by which the keys of an application's routes are told apart. They are the same in every instance and after
 * every start, as long as the application is: two routes that look alike are numbered in the order in which they are met.
 */
export class RouteNames {
  readonly #owners = new Map<string, RouteOwner[]>();

  of(type: HandlerFunction, handler: HandlerFunction): string {
    const name = routeName(type, handler);
    const owners = this.#owners.get(name) ?? [];
    this.#owners.set(name, owners);
    let at = owners.findIndex((owner) => owner.type === type && owner.handler === handler);
    if (at === -1) at = owners.push({ type, handler }) - 1;
    return at === 0 ? name : `${name}~${at + 1}`;
  }
}

/** Class and method, as they are called in messages. */
export function routeLabel(type: HandlerFunction, handler: HandlerFunction): string {
  return `${type.name}.${String(propertyOf(type, handler))}`;
}

/**
 * Class and method, and a hash of what Nest tells routes apart by: two classes may have one name, as for two versions of
 * a controller.
 */
export function routeName(type: HandlerFunction, handler: HandlerFunction): string {
  const names = [PATH_METADATA, VERSION_METADATA, HOST_METADATA];
  const facts = [type, handler].map((from) =>
    names.map((name) => Reflect.getMetadata(name, from) as unknown),
  );
  const text = JSON.stringify(facts, (_, value: unknown) =>
    value instanceof RegExp || typeof value === 'symbol' ? String(value) : value,
  );
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return `${routeLabel(type, handler)}~${hash}`;
}
