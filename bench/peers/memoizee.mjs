import memoizee from 'memoizee';
import { HOUR } from './all.mjs';

/** With `keyOf`, the argument is an object. */
export function l1({ load, maxItems, keyOf }) {
  const getOrSet = memoizee(load, {
    promise: true,
    primitive: true,
    maxAge: HOUR,
    max: maxItems,
    ...(keyOf && { normalizer: ([argument]) => keyOf(argument) }),
  });
  // One timer per value, which would keep the process alive, is why the process is ended and not waited for.
  return { getOrSet };
}
