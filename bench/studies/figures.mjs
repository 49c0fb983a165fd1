import { figureOf, ratiosOf } from '../harness/figures.mjs';

/**
 * What rounds come to: `{ median, min, max }` of each figure. A round may lack a figure; a figure that all lack is
 * left out.
 *
 * @param rounds of each round its figures, by the keys of the measures
 */
export function figuresOf(rounds) {
  const keys = new Set(rounds.flatMap((round) => Object.keys(round)));
  const figures = {};
  for (const key of keys) {
    const values = rounds.map((round) => round[key]).filter((value) => value !== undefined);
    if (values.length > 0) figures[key] = figureOf(values);
  }
  return figures;
}

/** The contestants of a result. @param measured by name, the figures of their rounds */
export function contestantsOf(measured) {
  return Array.from(measured, ([name, rounds]) => ({ name, figures: figuresOf(rounds) }));
}

/** The value below which a part of the values lies, such as 0.99 of them. */
export function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/**
 * Adds to the figures of each round how they compare with the floor's in the same round.
 *
 * @param floor the name of the floor
 * @param of the key of the figure that is compared
 */
export function addRatios(measured, floor, of, key = 'ratio') {
  const floorValues = measured.get(floor).map((round) => round[of]);
  for (const rounds of measured.values()) {
    const values = rounds.map((round) => round[of]);
    for (const [at, ratio] of ratiosOf(values, floorValues).entries()) rounds[at][key] = ratio;
  }
}
