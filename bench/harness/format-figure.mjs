/** A figure as a table or a chart shows it. Counts and sizes are shortened by k and M; the unit is in the title. */
export function formatFigure(value, unit) {
  if (unit === '×') return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  if (unit === 'ops/s' || value >= 1000 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 100 ? value.toFixed(1) : value.toFixed(2);
}
