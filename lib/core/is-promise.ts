import type { Awaitable } from '../contract/cache-backend.js';

/** Whether an answer comes later. */
export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
