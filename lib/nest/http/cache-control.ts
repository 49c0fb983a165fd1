/** The directives of a `Cache-Control` header by their names in lower case; `true` for those without an argument. */
export type Directives = ReadonlyMap<string, string | true>;

/** The longest time that a directive may name, in seconds (RFC 9111, 1.2.2). */
const MAX_SECONDS = 2 ** 31;

// An argument is a token, or a quoted string in which commas may stand.
const DIRECTIVE = /\s*([^\s,=;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?\s*(?:,|$)/y;

/**
 * Reads a `Cache-Control` header, of a request or a response. What is no directive is left out. Of two of one name the
 * first counts.
 */
export function parseCacheControl(header: string | readonly string[] | undefined): Directives {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  const found = new Map<string, string | true>();
  let at = 0;
  while (at < text.length) {
    DIRECTIVE.lastIndex = at;
    const match = DIRECTIVE.exec(text);
    if (match === null) {
      const comma = text.indexOf(',', at);
      at = comma === -1 ? text.length : comma + 1;
      continue;
    }
    at = DIRECTIVE.lastIndex;
    const [, name = '', quoted, token] = match;
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? true);
  }
  return found;
}

/**
 * The seconds that a directive names; `undefined` where it is not there. What is no number is 0: of what cannot be
 * read, the careful meaning counts.
 */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const given = directives.get(name);
  if (given === undefined) return undefined;
  return typeof given === 'string' && /^\d+$/.test(given)
    ? Math.min(Number(given), MAX_SECONDS)
    : 0;
}

/** What a client's `Cache-Control` asks for; times in milliseconds. */
export interface RequestDirectives {
  /** Nothing of this exchange is to be kept. */
  readonly noStore: boolean;
  /** The answer is to be loaded anew. */
  readonly reload: boolean;
  /** No handler is to be run: what the cache has, or 504. */
  readonly onlyIfCached: boolean;
  /** The greatest age that an answer may have. */
  readonly maxAge: number | undefined;
  /** For how long an answer must stay fresh. */
  readonly minFresh: number | undefined;
}

/** What is asked for where nothing is, or where clients are not asked. */
export const NOTHING_ASKED: RequestDirectives = {
  noStore: false,
  reload: false,
  onlyIfCached: false,
  maxAge: undefined,
  minFresh: undefined,
};

/** What a request asks of caches. `Pragma: no-cache` counts where there is no `Cache-Control`. */
export function requestDirectives(
  cacheControl: string | readonly string[] | undefined,
  pragma: string | readonly string[] | undefined,
): RequestDirectives {
  const given = cacheControl ?? (pragma === undefined ? undefined : pragmaAsCacheControl(pragma));
  if (given === undefined) return NOTHING_ASKED;
  const directives = parseCacheControl(given);
  const maxAge = secondsOf(directives, 'max-age');
  const minFresh = secondsOf(directives, 'min-fresh');
  return {
    noStore: directives.has('no-store'),
    reload: directives.has('no-cache') || maxAge === 0,
    onlyIfCached: directives.has('only-if-cached'),
    maxAge: maxAge === undefined ? undefined : maxAge * 1000,
    minFresh: minFresh === undefined ? undefined : minFresh * 1000,
  };
}

function pragmaAsCacheControl(pragma: string | readonly string[]): string | undefined {
  return parseCacheControl(pragma).has('no-cache') ? 'no-cache' : undefined;
}

/** What clients and caches on the way are told; times in milliseconds. */
export interface Freshness {
  readonly isPrivate: boolean;
  readonly maxAge: number;
  readonly sharedMaxAge: number | undefined;
  readonly staleFor: number;
}

/** The `Cache-Control` of an answer that is kept. */
export function formatCacheControl(freshness: Freshness): string {
  const { isPrivate, maxAge, sharedMaxAge, staleFor } = freshness;
  const parts = [isPrivate ? 'private' : 'public', `max-age=${wholeSeconds(maxAge)}`];
  if (sharedMaxAge !== undefined && !isPrivate)
    parts.push(`s-maxage=${wholeSeconds(sharedMaxAge)}`);
  if (staleFor >= 1000) {
    parts.push(
      `stale-while-revalidate=${wholeSeconds(staleFor)}`,
      `stale-if-error=${wholeSeconds(staleFor)}`,
    );
  }
  return parts.join(', ');
}

/** Milliseconds as the seconds of a header, rounded down: nobody is to keep an answer for longer than it is good. */
export function wholeSeconds(milliseconds: number): number {
  return Math.min(Math.floor(milliseconds / 1000), MAX_SECONDS);
}
