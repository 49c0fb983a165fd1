import type { parsePattern } from '../../contract/pattern.js';

type PatternSteps = ReturnType<typeof parsePattern>;

/** What a hash tag cannot hold, `%` because it marks what was encoded, and surrogates, which UTF-8 lacks. */
const NEEDS_ENCODING = /[%{}\ud800-\udfff]/;
// With the flag `u`, the surrogates of a pair are one character and are left alone.
const ENCODED_CHARACTERS = /[%{}\ud800-\udfff]/gu;
const ENCODED_FORM = /%(?:u([0-9A-F]{4})|([0-9A-F]{2}))/g;

/** What stands behind the name of a value in the name of its lease. */
const LEASE = ':l';

/** Redis tries every split of a key for each `*`, and newer servers refuse to go deep. */
const MAX_RUNS = 8;

/**
 * How keys are written in Redis: `prefix{key}`. The braces are a hash tag, so that what belongs to a key
 * (`prefix{key}:…`) lives in its slot; and since no key can hold one, no prefix can reach into another.
 */
export class RedisKeys {
  readonly #opening: string;
  /** How stored keys begin when Redis itself names them. */
  readonly #scanned: string;

  /** @param clientPrefix what the client puts before every key by itself (`keyPrefix` of ioredis) */
  constructor(prefix: string, clientPrefix: string) {
    this.#opening = `${prefix}{`;
    this.#scanned = clientPrefix + this.#opening;
  }

  /** The name to use in commands. */
  encode(key: string): string {
    return `${this.#opening}${encodeKey(key)}}`;
  }

  /** The name of the key's lease. */
  encodeLease(key: string): string {
    return this.encode(key) + LEASE;
  }

  /** The key behind a name that SCAN gave, or `undefined` when it is not the name of a lease of ours. */
  decodeLease(scanned: string): string | undefined {
    return scanned.endsWith(LEASE) ? this.decode(scanned.slice(0, -LEASE.length)) : undefined;
  }

  /** The key behind a name that SCAN gave, or `undefined` when it is not the name of a value of ours. */
  decode(scanned: string): string | undefined {
    if (!scanned.startsWith(this.#scanned) || !scanned.endsWith('}')) return undefined;
    const encoded = scanned.slice(this.#scanned.length, -1);
    const key = encoded.replace(ENCODED_FORM, (_form, unit?: string, byte?: string) =>
      String.fromCharCode(Number.parseInt(unit ?? byte ?? '', 16)),
    );
    return key !== '' && encodeKey(key) === encoded ? key : undefined;
  }

  /**
   * A Redis glob that matches at least the names of every key that the pattern matches: `?` of Redis is one byte, not one
   * character, so it becomes `*`; and so does the rest of a pattern with very many of them.
   */
  glob(steps: PatternSteps): string {
    let glob = escapeGlob(this.#scanned);
    let runs = 0;
    let inRun = false;
    for (const step of steps) {
      if (typeof step === 'object') {
        glob += escapeGlob(encodeKey(step.literal));
        inRun = false;
      } else if (!inRun) {
        glob += '*';
        inRun = true;
        if (++runs === MAX_RUNS) break;
      }
    }
    return `${glob}}*`;
  }
}

function encodeKey(key: string): string {
  if (!NEEDS_ENCODING.test(key)) return key;
  return key.replace(ENCODED_CHARACTERS, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase();
    return hex.length === 2 ? `%${hex}` : `%u${hex}`;
  });
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}
