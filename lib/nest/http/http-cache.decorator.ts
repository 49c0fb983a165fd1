import { HEADERS_METADATA, RENDER_METADATA, SSE_METADATA } from '@nestjs/common/constants.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { writesItself } from '../response-parameter.js';
import { parseCacheControl } from './cache-control.js';
import { propertyOf, type HandlerFunction } from '../route-handlers.js';
import { checkHttpOptions, type HttpCacheOptions } from './http-cache.options.js';

const SETTING = Symbol('nestjs-cache-tier:http-cache');

/** What a decorator says of a class or a method: its options, or that nothing is cached. */
export type HttpCacheSetting = HttpCacheOptions | false;

/**
 * Says how the answers of a route are kept, or those of all routes of a controller, where `HttpCacheInterceptor` stands
 * over them.
 *
 * @throws InvalidOptionError and InvalidTtlError at decoration; InvalidOptionError on a handler that writes to the
 *   response itself
 * @publicApi
 */
export function HttpCache(options: HttpCacheOptions = {}): ClassDecorator & MethodDecorator {
  return decorate('HttpCache', (label, prototype, property) => {
    checkHttpOptions(options, label);
    if (property !== undefined && writesItself(prototype.constructor, property)) {
      throw new InvalidOptionError(
        label,
        'what a handler does with @Res() or @Next() cannot be cached: answer by the returned value, or with @Res({ passthrough: true })',
      );
    }
    return options;
  });
}

/**
 * Lets the requests of a route, or of all routes of a controller, pass by `HttpCacheInterceptor`.
 *
 * @publicApi
 */
export function NoHttpCache(): ClassDecorator & MethodDecorator {
  return decorate('NoHttpCache', () => false);
}

/** What is said of a class, by its own decorator or an inherited one. */
export function settingOfClass(type: object): HttpCacheSetting | undefined {
  return Reflect.getMetadata(SETTING, type) as HttpCacheSetting | undefined;
}

/** What is said of a method. */
export function settingOfMethod(handler: object): HttpCacheSetting | undefined {
  return Reflect.getOwnMetadata(SETTING, handler) as HttpCacheSetting | undefined;
}

/** Why the answers of a handler cannot be kept, whatever its options; `undefined` where they can. */
export function uncacheable(type: HandlerFunction, handler: HandlerFunction): string | undefined {
  if (Reflect.hasMetadata(SSE_METADATA, handler)) return 'an @Sse() handler answers many events';
  if (Reflect.hasMetadata(RENDER_METADATA, handler)) {
    return 'what a view is rendered to by @Render() is not seen by interceptors';
  }
  return writesItself(type, propertyOf(type, handler))
    ? 'what a handler does with @Res() or @Next() cannot be cached'
    : undefined;
}

/** Whether a handler says by `@Header` that no answer of it is to be kept: then there is no need to look at one. */
export function isNeverStored(handler: HandlerFunction): boolean {
  const headers = (Reflect.getMetadata(HEADERS_METADATA, handler) ?? []) as FixedHeader[];
  return headers.some(({ name, value }) => {
    if (name.toLowerCase() !== 'cache-control' || typeof value !== 'string') return false;
    const directives = parseCacheControl(value);
    return directives.has('no-store') || directives.has('no-cache');
  });
}

interface FixedHeader {
  readonly name: string;
  readonly value: unknown;
}

function decorate(
  decorator: string,
  settingFor: (label: string, prototype: object, property?: string | symbol) => HttpCacheSetting,
): ClassDecorator & MethodDecorator {
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (property === undefined) {
      const label = `@${decorator} on ${(target as HandlerFunction).name}`;
      Reflect.defineMetadata(SETTING, settingFor(label, target), target);
      return;
    }
    const label = `@${decorator} on ${target.constructor.name}.${String(property)}`;
    const method: unknown = descriptor?.value;
    if (typeof method !== 'function')
      throw new InvalidOptionError(label, 'it decorates methods only');
    Reflect.defineMetadata(SETTING, settingFor(label, target, property), method);
  };
}
