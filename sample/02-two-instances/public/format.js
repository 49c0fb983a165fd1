/** Milliseconds, with as many digits as tell something. */
export function formatDuration(milliseconds) {
  const digits = [0.1, 10, 100].filter((limit) => milliseconds < limit).length;
  return `${formatNumber(milliseconds, digits)}\u00a0ms`;
}

/** How long ago that was, to a tenth of a second. */
export function formatAge(milliseconds) {
  return `${formatNumber(Math.max(0, milliseconds) / 1000, 1)}\u00a0s ago`;
}

/** A number with its thousands apart. */
export function formatNumber(number, digits = 0) {
  return number.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function formatPrice(euros) {
  return `€\u00a0${formatNumber(euros)}`;
}
