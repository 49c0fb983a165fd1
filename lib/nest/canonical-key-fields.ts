import { Refusal } from '../contract/refusal.js';
import { classChain, classNameOf, describeInstance } from '../contract/value-kind.js';

/** The class of an instance, and the names of all that it shows of itself. */
interface InstanceFields {
  readonly className: string;
  readonly names: readonly string[];
}

/** What a class shows of its instances beside their fields: the names of its accessors. */
interface ClassView {
  readonly className: string;
  readonly accessors: readonly string[];
}

/** By prototype; `hidden` for a class whose instances may hold what does not show. */
const views = new WeakMap<object, ClassView | 'hidden'>();

/**
 * What tells an instance from others of its class, where that shows from outside: its class has nothing but
 * fields and accessors, as those of request parameters (DTOs) have. A method may work on what does not show,
 * `#private` fields or a socket, so that two instances which look alike are not: a class with methods is
 * refused.
 *
 * @throws Refusal for an instance of a class that may hide something
 */
export function fieldsOf(value: object): InstanceFields {
  const names = Object.keys(value);
  const view = viewOf(value);
  if (view === 'hidden' || Reflect.ownKeys(value).length !== names.length) {
    throw new Refusal(`is ${describeInstance(value)}, which may hold more than its fields show`);
  }
  const { className, accessors } = view;
  return {
    className,
    names: accessors.length === 0 ? names : [...new Set([...names, ...accessors])],
  };
}

function viewOf(value: object): ClassView | 'hidden' {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object without a prototype is plain, and does not come here.
  if (typeof prototype !== 'object' || prototype === null) return 'hidden';
  let view = views.get(prototype);
  if (view === undefined) {
    view = makeView(value);
    views.set(prototype, view);
  }
  return view;
}

function makeView(value: object): ClassView | 'hidden' {
  const className = classNameOf(value);
  if (className === undefined) return 'hidden';
  const accessors: string[] = [];
  for (const prototype of classChain(value)) {
    for (const name of Reflect.ownKeys(prototype)) {
      if (name === 'constructor') continue;
      const member = Object.getOwnPropertyDescriptor(prototype, name);
      if (typeof name === 'symbol' || member?.value !== undefined) return 'hidden';
      if (member?.get !== undefined) accessors.push(name);
    }
  }
  return { className, accessors };
}
