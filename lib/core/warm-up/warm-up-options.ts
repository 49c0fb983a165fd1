import { checkOptionNames, checkWholeNumber, readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { ComputeOptions } from '../call-options.js';
import { assertFunction } from '../check-arguments.js';
import { COMPUTE_OPTIONS } from '../keep-policy.js';
import type { WarmUpProgress } from './warm-up-tally.js';

/**
 * How a cache is warmed up: how values are loaded and kept, as for `getOrCompute`, and how many at a time.
 *
 * @publicApi
 */
export interface WarmUpOptions<T = unknown> extends ComputeOptions<T> {
  /** How many keys are under way at the same time, at most. Default: 4. */
  readonly concurrency?: number;
  /** Stops it: the promise rejects with the signal's reason at once, and no further key is read. */
  readonly signal?: AbortSignal;
  /** Is told how far it is: when a key is done, at most once in `progressEvery`, and at the end. */
  readonly onProgress?: (progress: WarmUpProgress) => void;
  /** The shortest time between two calls of `onProgress`, in milliseconds; 0 for each key. Default: 1000. */
  readonly progressEvery?: number;
}

/** What is about the warm-up itself, with its defaults. */
export interface WarmUpSettings {
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: WarmUpProgress) => void) | undefined;
  readonly progressEvery: number;
}

const OWN_OPTIONS = ['concurrency', 'signal', 'onProgress', 'progressEvery'];

/**
 * The options of the warm-up itself, checked, and those of its loads, as they are.
 *
 * @throws InvalidOptionError
 */
export function warmUpSettings<T>(options: WarmUpOptions<T>): {
  readonly settings: WarmUpSettings;
  readonly compute: ComputeOptions<T>;
} {
  checkOptionNames(options, [...OWN_OPTIONS, ...Object.keys(COMPUTE_OPTIONS)], 'options');
  const { concurrency = 4, signal, onProgress, progressEvery = 1000, ...compute } = options;
  checkWholeNumber(concurrency, 1, 'concurrency');
  checkWholeNumber(progressEvery, 0, 'progressEvery');
  if (onProgress !== undefined) assertFunction(onProgress, 'onProgress');
  if (signal !== undefined && !readOption('signal', () => isSignal(signal))) {
    throw new InvalidOptionError('signal', `is an AbortSignal; got ${quote(signal)}`);
  }
  return { settings: { concurrency, signal, onProgress, progressEvery }, compute };
}

// By what it can do: a test environment may have an AbortSignal of its own.
function isSignal(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
  );
}
