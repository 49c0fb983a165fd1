/*
 * How keys are written in a Keyv. Keyv puts a namespace and ':' before a key, unless the key begins with them already;
 * and what it tells of stored keys is cut at a ':'. So a key is written without any ':' of its own, behind a mark that
 * no namespace is.
 */
const MARK = '~';

/** The namespace of a Keyv that would make keys of ours look as if they had it before them. */
export const FORBIDDEN_NAMESPACE = MARK;

export function encodeKey(key: string): string {
  return `${MARK}:${key.replace(/[%:]/g, encodeURIComponent)}`;
}

/** The key behind a stored one, whatever stands before it; `undefined` when it is none of ours. */
export function decodeKey(stored: unknown): string | undefined {
  if (typeof stored !== 'string') return undefined;
  const [mark = '', encoded = ''] = stored.split(':').slice(-2);
  if (mark !== MARK || encoded === '') return undefined;
  return encoded.replaceAll('%3A', ':').replaceAll('%25', '%');
}
