import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidPatternError } from '../../lib/contract/errors.js';
import { compilePattern, escapePattern, parsePattern } from '../../lib/contract/pattern.js';
import { badPatterns, patternCases } from '../../lib/testing/pattern-cases.js';

/** The grammar as it is said, with every way tried: right, and exponential. */
function matchesNaively(pattern: readonly string[], key: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  const [character, ...others] = key;
  if (first === undefined) return character === undefined;
  if (first === '*') {
    return (
      matchesNaively(rest, key) || (character !== undefined && matchesNaively(pattern, others))
    );
  }
  if (character === undefined) return false;
  if (first === '?') return matchesNaively(rest, others);
  if (first === '\\') return rest[0] === character && matchesNaively(rest.slice(1), others);
  return first === character && matchesNaively(rest, others);
}

// Few letters, so that patterns and keys meet often; two of them share their first 16 bits.
const character = fc.constantFrom('a', 'b', 'ab', '😀', '😁', '\\', '*', '?', '[', '\n');
const keys = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''));
const step = fc.oneof(
  fc.constantFrom('*', '*', '?', 'a', 'b', '😀', '[', '\n'),
  fc.constantFrom('a', '*', '?', '\\', '😁').map((escaped) => `\\${escaped}`),
);
const patterns = fc.array(step, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''));

describe('compilePattern', () => {
  it.each(patternCases)('matches as the table says: $pattern', ({ pattern, matches, others }) => {
    const matcher = compilePattern(pattern);
    expect(matches.filter((key) => !matcher(key))).toEqual([]);
    expect(others.filter((key) => matcher(key))).toEqual([]);
  });

  it('agrees with a matcher that tries every way', () => {
    fc.assert(
      fc.property(patterns, keys, (pattern, key) => {
        expect(compilePattern(pattern)(key)).toBe(
          matchesNaively(Array.from(pattern), Array.from(key)),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  it('ends soon with a pattern and a key that are made to keep it busy', () => {
    const matcher = compilePattern(`${'*a'.repeat(1_000)}*b`);
    expect(matcher('a'.repeat(20_000))).toBe(false);
    expect(matcher(`${'a'.repeat(20_000)}b`)).toBe(true);
  });

  it('can be asked any number of times, and answers the same', () => {
    const matcher = compilePattern('a*b');
    expect([matcher('ab'), matcher('ba'), matcher('ab'), matcher('ba')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it.each(badPatterns)('refuses what is not a pattern: %j', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(InvalidPatternError);
  });

  it.each([undefined, null, 1, {}, ['a']])('refuses what is not a string: %j', (pattern) => {
    const compile = compilePattern as (pattern: unknown) => unknown;
    expect(() => compile(pattern)).toThrow(InvalidPatternError);
  });

  it('says what a lone backslash should be', () => {
    expect(() => compilePattern('user:\\')).toThrow('write "\\\\" for a backslash');
  });
});

describe('escapePattern', () => {
  it('makes of any text a pattern that matches this text alone', () => {
    fc.assert(
      fc.property(keys.filter(Boolean), keys, (text, other) => {
        const matcher = compilePattern(escapePattern(text));
        expect(matcher(text)).toBe(true);
        expect(matcher(other)).toBe(other === text);
      }),
    );
  });

  it('leaves what means nothing in a pattern as it is', () => {
    expect(escapePattern('user:[1]:{a}')).toBe('user:[1]:{a}');
    expect(escapePattern('a*b?c\\d')).toBe('a\\*b\\?c\\\\d');
  });
});

describe('parsePattern', () => {
  it('takes runs that follow each other for one', () => {
    expect(parsePattern('a***?')).toEqual([{ literal: 'a' }, 'run', 'one']);
  });

  it('takes a character beyond 16 bits for one step', () => {
    expect(parsePattern('\\😀😁')).toEqual([{ literal: '😀' }, { literal: '😁' }]);
  });
});
