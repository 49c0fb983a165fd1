import { types } from 'node:util';
import type { Awaitable } from '../contract/cache-backend.js';
import { quote } from '../contract/quote.js';

/**
 * One promise to be kept, for any test runner: `it(name, run)`.
 *
 * @publicApi
 */
export interface ConformanceCase {
  /** The promise. Unique among the cases of a suite. */
  readonly name: string;
  /** Rejects with `ConformanceError` when the promise is broken. */
  readonly run: () => Promise<void>;
}

/** Says which promise was broken, and how. @publicApi */
export class ConformanceError extends Error {
  constructor(
    /** The promise, as the case is named. */
    readonly promise: string,
    problem: string,
    details?: { readonly cause: unknown },
  ) {
    super(`Broken promise "${promise}": ${problem}`, details);
    this.name = 'ConformanceError';
  }
}

/** @internal How a promise is broken, until the case that knows the promise puts the two together. */
class Broken extends Error {}

/** @internal Says that the promise is broken unless `kept`. */
export function check(kept: boolean, problem: string): asserts kept {
  if (!kept) throw new Broken(problem);
}

/** @internal Runs what proves a promise. */
export async function proving(promise: string, proof: () => Awaitable<void>): Promise<void> {
  try {
    await proof();
  } catch (error) {
    if (error instanceof Broken) throw new ConformanceError(promise, error.message);
    throw new ConformanceError(promise, `it threw ${describeError(error)}`, { cause: error });
  }
}

/** @internal `action` has to throw or reject, and with an instance of `type`, where one is given. */
export async function checkFailure(
  what: string,
  action: () => Awaitable<unknown>,
  type?: abstract new (...args: never[]) => Error,
): Promise<void> {
  let answer: unknown;
  try {
    answer = await action();
  } catch (error) {
    check(
      type === undefined || error instanceof type,
      `${what} throws ${describeError(error)}, which is no ${type?.name}`,
    );
    return;
  }
  check(
    false,
    `${what} does not throw${type ? ` ${type.name}` : ''}; it answers ${describe(answer)}`,
  );
}

/** @internal `actual` has to be these bytes, or nothing. */
export function checkBytes(
  what: string,
  actual: Uint8Array | undefined,
  expected: Uint8Array | undefined,
): void {
  const same =
    actual === undefined || expected === undefined
      ? actual === expected
      : types.isUint8Array(actual) && Buffer.compare(actual, expected) === 0;
  check(same, `${what} is ${describe(actual)}, where ${describe(expected)} was expected`);
}

function describe(value: unknown): string {
  if (!types.isUint8Array(value)) return quote(value);
  const shown = Buffer.from(value.subarray(0, 16)).toString('hex');
  return `${value.byteLength} bytes${shown && ` (${shown}${value.byteLength > 16 ? '…' : ''})`}`;
}

function describeError(error: unknown): string {
  return types.isNativeError(error) ? `${error.name}: ${quote(error.message)}` : quote(error);
}
