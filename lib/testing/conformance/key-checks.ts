import type { CacheBackend } from '../../contract/cache-backend.js';
import { quote } from '../../contract/quote.js';
import { checkBytes } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';

/** Keys that are easily taken for one another, or for something else. */
const UNUSUAL_KEYS: Readonly<Record<string, readonly string[]>> = {
  spaces: ['a b', 'a  b', ' a b', 'a b ', 'a+b', 'a%20b', '\ta b', ' ', '  '],
  'line breaks and control characters': [
    'a\nb',
    'a\r\nb',
    'a\rb',
    'a\\nb',
    'a\u0000b',
    'a\u0000',
    'a',
  ],
  'other scripts': ['ключ', 'キー', '键', 'مفتاح', 'ÿ', 'Ã¿', '%C3%BF'],
  'characters beyond 16 bits': ['😀', '😁', '😀😀', '\u{10ffff}', '👨‍👩‍👧', '👨👩👧'],
  'one text in two forms': ['\u00e9', 'e\u0301', 'e', 'K', '\u212a', 'k'],
  'upper and lower case': ['Key', 'key', 'KEY'],
  'the characters of patterns': [
    '*',
    '**',
    '?',
    '??',
    'a*',
    'a?',
    'a\\*',
    'a\\',
    'a\\\\',
    '[a]',
    '{a}',
    'a,b',
  ],
  'separators and percent signs': [
    'a:b',
    'a::b',
    ':a',
    'a:',
    ':',
    '%',
    '%%',
    '%3A',
    'a%3Ab',
    'a%b',
    'a|b',
  ],
  paths: ['a/b', 'a//b', '/a/b', '../a', './a', '.', '..', 'a\\b', 'a.b'],
  quotes: [`'`, '"', '`', `a'b`, `a"b`, `';--`, '$a', '${a}'],
  'names that objects have': ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'length'],
  'texts that look like values': [
    '0',
    '-0',
    '1',
    '01',
    '1.0',
    'true',
    'null',
    'undefined',
    'NaN',
    '[]',
    '{}',
  ],
  'long texts': ['k'.repeat(1_000), `${'k'.repeat(999)}l`, 'k'.repeat(1_001), 'k'.repeat(255)],
};

export const keyChecks: Checks = {
  ...Object.fromEntries(
    Object.entries(UNUSUAL_KEYS).map(([kind, keys]) => [
      `keys are taken literally: ${kind}`,
      (backend: CacheBackend) => checkKeys(backend, keys),
    ]),
  ),
  'keys that differ in any character never meet': (backend) =>
    checkKeys(backend, [...new Set(Object.values(UNUSUAL_KEYS).flat())]),
};

async function checkKeys(backend: CacheBackend, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    checkBytes(`the key ${quote(key)}, not yet stored,`, await backend.get(key), undefined);
    await backend.setWithTtl(key, bytes(`value of ${key}`), LONG);
  }
  for (const key of keys) {
    checkBytes(`the key ${quote(key)}`, await backend.get(key), bytes(`value of ${key}`));
  }
  for (const [index, key] of keys.entries()) {
    await backend.remove(key);
    checkBytes(`the removed key ${quote(key)}`, await backend.get(key), undefined);
    const next = keys[index + 1];
    if (next !== undefined) {
      checkBytes(`the key ${quote(next)}`, await backend.get(next), bytes(`value of ${next}`));
    }
  }
}
