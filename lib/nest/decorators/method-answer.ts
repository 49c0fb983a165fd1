import {
  concatMap,
  defaultIfEmpty,
  filter,
  isObservable,
  lastValueFrom,
  type Observable,
} from 'rxjs';
import { UnsupportedError } from '../../contract/errors.js';

const NO_VALUE = Symbol('no value');

/**
 * What a method's answer comes to, to be stored: of an Observable the last value, and `undefined` when it has
 * none.
 *
 * @throws UnsupportedError for a stream, which only one reader could read
 */
export async function settle(answer: unknown, label: string): Promise<unknown> {
  const awaited = await answer;
  const value = isObservable(awaited)
    ? await lastValueFrom(awaited, { defaultValue: undefined })
    : awaited;
  if (isStream(value)) {
    throw new UnsupportedError(
      `${label}: it answers a stream, which can be read once only and is not cached`,
    );
  }
  return value;
}

/**
 * Passes each value on when `act` has done with it, so that who takes the first and leaves does not come too
 * early. Where there is no value, `act` is given `undefined` before the end.
 */
export function afterEach(
  answer: Observable<unknown>,
  act: (value: unknown) => Promise<unknown>,
): Observable<unknown> {
  return answer.pipe(
    defaultIfEmpty(NO_VALUE),
    concatMap(async (value) => {
      if (value !== NO_VALUE) return act(value);
      await act(undefined);
      return NO_VALUE;
    }),
    filter((value) => value !== NO_VALUE),
  );
}

/** Node's and the Web's streams, Nest's `StreamableFile`, and whatever else is read piece by piece. */
function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (
    Object.prototype.toString.call(value) === '[object Response]' ||
    ['pipe', 'getReader', 'getStream', Symbol.asyncIterator].some(
      (method) => typeof Reflect.get(value, method) === 'function',
    )
  );
}
