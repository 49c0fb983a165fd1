import { createHash } from 'node:crypto';

/** With more parameters than this a query is left in its order: parsers leave out those beyond a limit of theirs. */
const MAX_SORTED = 100;

/** A key that is longer is replaced by its hash. */
const MAX_LENGTH = 400;

/** The length of a key that is a hash: no cache may have a smaller limit. */
export const HASHED_LENGTH = 48;

/** What a key is made of. */
export interface KeyFacts {
  readonly method: 'GET' | 'HEAD';
  /** Whose answer it is; `undefined` for everybody's. */
  readonly principal: string | undefined;
  /** The text of `variantOf`. */
  readonly variant: string;
  /** The handler that answers, percent-encoded. The path alone does not tell: versions and hosts have paths in common. */
  readonly route: string;
  /** The normalised URL, or what the option `key` made. */
  readonly resource: string;
}

/**
 * The key of an answer. Two different lists of facts have two different keys: what users can choose stands at the end,
 * or is hashed. A principal is no part of it in plain text, since keys are seen in stores and logs.
 */
export function requestKey(
  { method, principal, variant, route, resource }: KeyFacts,
  maxLength: number = MAX_LENGTH,
): string {
  const owner = principal === undefined ? '' : hash(principal);
  const key = ['http', method, owner, variant, route, resource].join('|');
  const isShort = key.length <= Math.min(MAX_LENGTH, maxLength);
  return isShort && key.isWellFormed() ? key : `http#${hash(key)}`;
}

/**
 * The path and the query of a request, without the host and in one way of writing: percent-encoding is that of RFC
 * 3986, 6.2.2, and parameters are sorted by name. Those of one name stay in their order, which may mean something, and so
 * do `a` and `a[b]`, which parsers put together.
 */
export function normalUrl(target: string): string {
  if (isNormalPath(target)) return target;
  const local = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  const mark = local.indexOf('?');
  const path = normalEncoding(mark === -1 ? local : local.slice(0, mark)) || '/';
  const query = mark === -1 ? '' : normalQuery(local.slice(mark + 1));
  return query === '' ? path : `${path}?${query}`;
}

/** Whether a target is a path that can be written in no other way, as most are. */
function isNormalPath(target: string): boolean {
  return (
    target.startsWith('/') &&
    !target.includes('?') &&
    !target.includes('%') &&
    !target.includes('#')
  );
}

function normalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => normalEncoding(pair.replaceAll('+', '%20')));
  if (pairs.length > MAX_SORTED) return pairs.join('&');
  return pairs
    .map((pair) => ({ pair, name: baseName(pair) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
    .map(({ pair }) => pair)
    .join('&');
}

/** The name of a parameter up to where a path into it begins. */
function baseName(pair: string): string {
  return pair.split(/=|\[|\.|%5B/, 1)[0] ?? '';
}

/** Decodes what needs no encoding, and writes the rest in capitals. */
function normalEncoding(text: string): string {
  return text.replaceAll(/%([\da-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}

export function hash(text: string): string {
  // Half a surrogate pair has no bytes of its own: JSON writes each as another escape.
  return createHash('sha256').update(JSON.stringify(text)).digest('base64url');
}
