/**
 * `length` numbers below `count`, drawn by Zipf's law: a few come often, most of them seldom. The same ones
 * each time, so that every contestant has the same work.
 */
export function zipfOrder(count, length, exponent = 0.99) {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1) ** exponent;
    cumulative[rank] = sum;
  }
  const random = seeded(1);
  return Uint32Array.from({ length }, () => rankAt(cumulative, random() * sum));
}

function rankAt(cumulative, point) {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] < point) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** mulberry32: numbers from 0 to below 1, the same ones for the same seed. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}
