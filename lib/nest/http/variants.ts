import { createHash } from 'node:crypto';

/** The headers of a request, by their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The names in a `Vary` header, in lower case, sorted, each once; `'*'` where one of them is that. */
export function varyNames(header: string | readonly string[] | undefined): readonly string[] | '*' {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  return names.includes('*') ? '*' : [...new Set(names)].toSorted();
}

/** The names of two lists, sorted, each once. */
export function joinNames(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])].toSorted();
}

/**
 * What tells the variants of an answer apart: a text for the values that a request has of the headers that the answer
 * varies by. It is a hash, so that it is short, and breaks no key. '' where there are no such headers.
 */
export function variantOf(names: readonly string[], headers: RequestHeaders): string {
  if (names.length === 0) return '';
  const values = names.map((name) => [name, normalValue(headers[name])]);
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url');
}

/** A value without what RFC 9111, 4.1 allows to be disregarded: white space, and how a list was split into lines. */
function normalValue(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : value.join(',');
  return text
    .split(',')
    .map((part) => part.trim().replaceAll(/\s+/g, ' '))
    .join(',');
}
