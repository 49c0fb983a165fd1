/** What an answer says of its version. */
export interface AnswerValidators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** What a request says of the versions that its client has. */
export interface RequestConditions {
  readonly ifNoneMatch: string | readonly string[] | undefined;
  readonly ifModifiedSince: string | readonly string[] | undefined;
}

const ENTITY_TAG = /(?:W\/)?"[\u0021\u0023-\u007e\u0080-\u00ff]*"/gy;
const SEPARATOR = /[\s,]*/gy;

/**
 * Whether a request's conditions say that its client has this version already (RFC 9110, 13.2.2): by `If-None-Match`
 * where it is there, and only else by `If-Modified-Since`.
 */
export function isNotModified(
  { ifNoneMatch, ifModifiedSince }: RequestConditions,
  { etag, lastModified }: AnswerValidators,
): boolean {
  if (ifNoneMatch !== undefined) return matchesAny(textOf(ifNoneMatch), etag);
  if (ifModifiedSince === undefined || lastModified === undefined) return false;
  const since = parseHttpDate(textOf(ifModifiedSince));
  const modified = parseHttpDate(lastModified);
  return since !== undefined && modified !== undefined && modified <= since;
}

/** The weak comparison: two entity tags match when they are equal, whether they are weak or not. */
function matchesAny(header: string, etag: string | undefined): boolean {
  if (header.trim() === '*') return true;
  if (etag === undefined) return false;
  const wanted = opaqueOf(etag);
  return entityTags(header).some((tag) => opaqueOf(tag) === wanted);
}

/** The entity tags of a list; what stands behind something that is none is not read. */
function entityTags(header: string): string[] {
  const tags: string[] = [];
  let at = 0;
  while (at < header.length) {
    SEPARATOR.lastIndex = at;
    SEPARATOR.exec(header);
    ENTITY_TAG.lastIndex = SEPARATOR.lastIndex;
    const [tag] = ENTITY_TAG.exec(header) ?? [];
    if (tag === undefined) break;
    tags.push(tag);
    at = ENTITY_TAG.lastIndex;
  }
  return tags;
}

function opaqueOf(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

// The three forms of RFC 9110, 5.6.7: of now, of RFC 850, and of C's asctime.
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]+, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/** The time of an HTTP date, in milliseconds since 1970; `undefined` where it is none. */
export function parseHttpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

function textOf(header: string | readonly string[]): string {
  return typeof header === 'string' ? header : header.join(', ');
}
