import { SSE_METADATA } from '@nestjs/common/constants.js';
import { Observable } from 'rxjs';
import { InvalidOptionError } from '../../contract/errors.js';
import { takesResponse } from '../response-parameter.js';

/** The descriptor of a method, as a decorator is given it; a property has none. */
export type MethodDescriptor = { value?: unknown } | undefined;

/** A method that is being decorated. */
export interface TargetMethod {
  readonly decorator: string;
  /** How the decorated method is called in messages: `@Cached on CityService.findOne`. */
  readonly label: string;
  /** The prototype of the class that declares it. */
  readonly prototype: object;
  readonly property: string | symbol;
  readonly descriptor: { value?: unknown };
  /** The method as it is without the decorator. */
  readonly method: (...args: unknown[]) => unknown;
  /** Whether it is known to answer an Observable (true), a promise (false), or neither (undefined). */
  readonly observable: boolean | undefined;
}

/** Describes what a decorator stands on. @throws InvalidOptionError unless it is a method of instances */
export function targetMethod(
  decorator: string,
  prototype: object,
  property: string | symbol,
  descriptor: MethodDescriptor,
): TargetMethod {
  const owner = typeof prototype === 'function' ? prototype : prototype.constructor;
  const label = `@${decorator} on ${owner.name}.${String(property)}`;
  if (typeof prototype === 'function') {
    throw new InvalidOptionError(label, 'a static method has no instance to take the cache from');
  }
  const method = descriptor?.value;
  if (descriptor === undefined || !isFunction(method)) {
    throw new InvalidOptionError(label, 'it decorates methods only');
  }
  const observable = answersObservable(prototype, property, method);
  return { decorator, label, prototype, property, descriptor, method, observable };
}

/**
 * Refuses a route handler that writes to the response itself: on a hit it would not run, and the client would
 * wait for ever, or lack the headers.
 *
 * @throws InvalidOptionError
 */
export function refuseResponseParameter({ label, prototype, property }: TargetMethod): void {
  if (takesResponse(prototype.constructor, property)) {
    throw new InvalidOptionError(
      label,
      'what a handler does with @Res() or @Next() cannot be cached: answer by the returned value alone',
    );
  }
}

/**
 * Refuses `@Cached` on a route of server-sent events: its answer would be kept when the last event has come,
 * and be that event alone. Told at the start, because `@Sse()` may stand above the decorator.
 *
 * @throws InvalidOptionError
 */
export function refuseEventStream(
  method: Pick<TargetMethod, 'decorator' | 'label' | 'prototype' | 'property'>,
): void {
  const handler: unknown = Reflect.get(method.prototype, method.property);
  if (method.decorator !== 'Cached' || !isFunction(handler)) return;
  if (Reflect.hasMetadata(SSE_METADATA, handler)) {
    throw new InvalidOptionError(
      method.label,
      'an @Sse() handler answers many events, and of an Observable the last value alone is kept: cache what the events are made of',
    );
  }
}

function answersObservable(
  prototype: object,
  property: string | symbol,
  method: unknown,
): boolean | undefined {
  const type: unknown = Reflect.getMetadata('design:returntype', prototype, property);
  if (type === Observable) return true;
  if (type === Promise || Object.prototype.toString.call(method) === '[object AsyncFunction]') {
    return false;
  }
  return undefined;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}
