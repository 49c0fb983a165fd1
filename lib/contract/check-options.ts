import { CacheTierError, InvalidOptionError } from './errors.js';
import { quote } from './quote.js';
import { isDense, isList } from './value-kind.js';

/**
 * Refuses options that are not an object, or that hold a name which is not one of `known`: a misspelt option
 * is a mistake that would otherwise pass for the default.
 *
 * @param path where the options stand, as in `memory`, for the message; '' at the top
 * @throws InvalidOptionError
 */
export function checkOptionNames(options: unknown, known: readonly string[], path: string): void {
  if (typeof options !== 'object' || options === null || isList(options)) {
    throw new InvalidOptionError(
      path || 'options',
      `is an object of options; got ${quote(options)}`,
    );
  }
  const names = readOption(path || 'options', () => Object.keys(options));
  for (const name of names) {
    if (!known.includes(name)) {
      throw new InvalidOptionError(
        joinPath(path, name),
        `there is no such option; there are ${known.join(', ')}`,
      );
    }
  }
  let at = '';
  try {
    for (at of known) Reflect.get(options, at);
  } catch (error) {
    throw unreadable(joinPath(path, at), error);
  }
}

/**
 * What `read` finds in something that a caller gave. A getter and a proxy may throw anything, which then is the cause
 * of an error that says where.
 *
 * @throws InvalidOptionError
 */
export function readOption<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CacheTierError {
  if (error instanceof CacheTierError) return error;
  return new InvalidOptionError(path, 'cannot be read', { cause: error });
}

/** Refuses a number that is not a whole one of at least `least`; `undefined` passes. */
export function checkWholeNumber(value: unknown, least: number, path: string): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || Number(value) < least)) {
    throw new InvalidOptionError(
      path,
      `is a whole number of at least ${least}; got ${quote(value)}`,
    );
  }
}

/** Refuses a string that is not one, or is empty; `undefined` passes. */
export function checkText(value: unknown, path: string): void {
  if (value !== undefined && (typeof value !== 'string' || value === '')) {
    throw new InvalidOptionError(path, `is a non-empty string; got ${quote(value)}`);
  }
}

/** Refuses what is neither true nor false; `undefined` passes. */
export function checkFlag(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new InvalidOptionError(path, `is true or false; got ${quote(value)}`);
  }
}

/** Refuses what is not a list without holes; `undefined` passes. */
export function checkList(value: unknown, path: string): void {
  if (value === undefined) return;
  // What has holes may say that it is of any length, and be longer than memory where it is copied.
  if (
    !isList(value) ||
    !readOption(path, () => isDense(value) && [...value].length === value.length)
  ) {
    throw new InvalidOptionError(path, `is a list without holes; got ${quote(value)}`);
  }
}

export function joinPath(path: string, name: string): string {
  const shown = /^[\w$-]{1,80}$/.test(name) ? name : quote(name);
  return path === '' ? shown : `${path}.${shown}`;
}
