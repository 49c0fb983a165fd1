import { METHOD_METADATA } from '@nestjs/common/constants.js';

/** A method as a function. */
export type HandlerFunction = object & { readonly name: string };

/** A controller's class. */
type ControllerType = HandlerFunction & { readonly prototype?: unknown };

/** The handlers of routes among the methods of a controller and of the classes that it extends. */
export function handlersOf(type: ControllerType): HandlerFunction[] {
  const handlers = new Map<string | symbol, HandlerFunction>();
  for (const [name, method] of methodsOf(type)) {
    if (Reflect.hasMetadata(METHOD_METADATA, method) && !handlers.has(name)) {
      handlers.set(name, method);
    }
  }
  return [...handlers.values()];
}

/**
 * The property that a handler stands at. Its own name says nothing: a decorator may have put a function in its place that
 * has another, or none.
 */
export function propertyOf(type: ControllerType, handler: HandlerFunction): string | symbol {
  for (const [name, method] of methodsOf(type)) {
    if (method === handler) return name;
  }
  return handler.name;
}

function* methodsOf({ prototype }: ControllerType): Generator<[string | symbol, HandlerFunction]> {
  let at = prototype;
  while (typeof at === 'object' && at !== null && at !== Object.prototype) {
    for (const name of Reflect.ownKeys(at)) {
      const method: unknown = Object.getOwnPropertyDescriptor(at, name)?.value;
      if (typeof method === 'function') yield [name, method];
    }
    at = Object.getPrototypeOf(at);
  }
}
