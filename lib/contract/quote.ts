import { isList } from './value-kind.js';

const SHOWN = 80;

/**
 * `value` for a message: escaped, so that it cannot forge a log line or colour a terminal, and shortened, so
 * that it cannot fill one.
 */
export function quote(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > SHOWN
      ? `${escape(value.slice(0, SHOWN))}… (${value.length} characters)`
      : escape(value);
  }
  if (value === null || ['number', 'boolean', 'undefined'].includes(typeof value)) {
    return String(value);
  }
  if (typeof value === 'object') return isList(value) ? 'an array' : 'an object';
  return `a ${typeof value}`;
}

/** `text` with its control, invisible and direction-changing characters escaped. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON's escapes, and those of what JSON leaves as it is. */
function escape(text: string): string {
  return escapeControls(JSON.stringify(text));
}
