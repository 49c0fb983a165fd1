const numbers = new Intl.NumberFormat('en');

/** A whole number with its thousands apart. */
export function formatNumber(number) {
  return numbers.format(number);
}

/** Milliseconds, with as many digits as tell something. */
export function formatDuration(milliseconds) {
  const digits = [0.1, 10, 100].filter((limit) => milliseconds < limit).length;
  return `${milliseconds.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ms`;
}

/** A share of 0 to 1 in per cent. */
export function formatShare(share) {
  return `${(share * 100).toFixed(1)} %`;
}
