import type { CacheBackend } from '../../contract/cache-backend.js';
import { InvalidPatternError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { checkBytes, checkFailure } from '../conformance-case.js';
import { badPatterns, patternCases, type PatternCase } from '../pattern-cases.js';
import { bytes, LONG, type Checks } from './check.js';

export type PatternBackend = CacheBackend & Required<Pick<CacheBackend, 'removePattern'>>;

export const patternChecks: Checks<PatternBackend> = {
  ...Object.fromEntries(
    patternCases.map((row) => [
      `the pattern ${quote(row.pattern)} removes what it matches, and nothing else`,
      (backend: PatternBackend) => checkPattern(backend, row),
    ]),
  ),

  'a pattern removes any number of keys': async (backend) => {
    const keys = Array.from({ length: 1_200 }, (_, index) => `many:${index}`);
    await Promise.all(keys.map(async (key) => backend.setWithTtl(key, bytes(key), LONG)));
    await backend.setWithTtl('other', bytes('here'), LONG);
    await backend.removePattern('many:*');
    for (const key of keys) checkBytes(key, await backend.get(key), undefined);
    checkBytes('the key that does not match', await backend.get('other'), bytes('here'));
  },

  'a pattern can be removed from an empty store, and twice': async (backend) => {
    await backend.removePattern('*');
    await backend.setWithTtl('key', bytes('value'), LONG);
    await backend.removePattern('*');
    await backend.removePattern('*');
    checkBytes('the key', await backend.get('key'), undefined);
  },

  'what is not a pattern throws InvalidPatternError, and removes nothing': async (backend) => {
    await backend.setWithTtl('user:1', bytes('here'), LONG);
    for (const pattern of badPatterns) {
      await checkFailure(
        `removePattern(${quote(pattern)})`,
        () => backend.removePattern(pattern),
        InvalidPatternError,
      );
    }
    checkBytes('the key', await backend.get('user:1'), bytes('here'));
  },
};

async function checkPattern(backend: PatternBackend, row: PatternCase): Promise<void> {
  for (const key of [...row.matches, ...row.others]) {
    await backend.setWithTtl(key, bytes(key), LONG);
  }
  await backend.removePattern(row.pattern);
  for (const key of row.matches) {
    checkBytes(`the key ${quote(key)}, which matches,`, await backend.get(key), undefined);
  }
  for (const key of row.others) {
    checkBytes(`the key ${quote(key)}, which does not match,`, await backend.get(key), bytes(key));
  }
}
