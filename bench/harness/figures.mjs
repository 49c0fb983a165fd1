/** The measure that compares with the floor. */
export const RATIO = { key: 'ratio', title: 'ratio', unit: '×', better: 'higher', spread: true };

/** What the values of all rounds come to: `{ median, min, max }`. */
export function figureOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: medianOf(sorted), min: sorted[0], max: sorted.at(-1) };
}

/** How one contestant's values compare with the floor's, round by round. 0.5 is half the floor's value. */
export function ratiosOf(values, floorValues) {
  return values.map((value, round) => value / floorValues[round]);
}

function medianOf(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
