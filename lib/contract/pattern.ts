import { InvalidPatternError } from './errors.js';
import { quote } from './quote.js';

/** One step of a pattern: a literal character, any one character, or any run of characters. */
type Step = { readonly literal: string } | 'one' | 'run';

/** Tells whether a key matches. */
export type PatternMatcher = (key: string) => boolean;

/**
 * The matcher of a pattern in the one grammar of all tiers: `*` is any run of characters (none included),
 * `?` is exactly one, `\` takes the next one literally, all else stands for itself, and the whole key has to
 * match. A character is a Unicode code point. The time is bounded by the length of the key times the length
 * of the pattern, however hostile the two are: the classic greedy walk, which goes back to the last `*` only.
 *
 * @throws InvalidPatternError when the pattern is not a string, is empty, or ends in a lone `\`
 */
export function compilePattern(pattern: string): PatternMatcher {
  const steps = parsePattern(pattern);
  return (key) => matches(steps, Array.from(key));
}

/** `text` as a pattern that matches it alone. */
export function escapePattern(text: string): string {
  return text.replace(/[*?\\]/g, '\\$&');
}

/** @internal The steps of a pattern, for backends that translate them into their own grammar. */
export function parsePattern(pattern: string): readonly Step[] {
  if (typeof pattern !== 'string' || pattern === '') {
    throw new InvalidPatternError(`A pattern is a non-empty string; got ${quote(pattern)}`);
  }
  const steps: Step[] = [];
  const characters = Array.from(pattern)[Symbol.iterator]();
  for (const character of characters) {
    if (character === '\\') {
      const next = characters.next();
      if (next.done === true) {
        throw new InvalidPatternError(
          `The pattern ${quote(pattern)} ends in a lone "\\": write "\\\\" for a backslash`,
        );
      }
      steps.push({ literal: next.value });
    } else if (character === '*') {
      if (steps.at(-1) !== 'run') steps.push('run');
    } else {
      steps.push(character === '?' ? 'one' : { literal: character });
    }
  }
  return steps;
}

function matches(steps: readonly Step[], key: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let runStep = -1;
  let runEnd = 0;
  while (at < key.length) {
    const current = steps[step];
    if (current === 'run') {
      runStep = step++;
      runEnd = at;
    } else if (current === 'one' || (current !== undefined && current.literal === key[at])) {
      step++;
      at++;
    } else if (runStep >= 0) {
      step = runStep + 1;
      at = ++runEnd;
    } else {
      return false;
    }
  }
  while (steps[step] === 'run') step++;
  return step === steps.length;
}
