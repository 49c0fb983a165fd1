import { formatDuration, formatNumber, formatPrice } from './format.js';

/** What came of a change, in plain words. */
export function changeText({ by, other, euros, pending, ...times }) {
  const price = formatPrice(euros);
  return pending
    ? `${by} has changed the price to ${price}. Redis does not answer, so ${other} could not be told: that waits in ${by} until Redis goes on. ${otherWhilePending(other, times)}`
    : `${by} has changed the price to ${price}; its invalidation took ${formatDuration(times.invalidated)}. ${otherInTime(other, times)}`;
}

function otherInTime(other, { reads, lastOld, firstNew }) {
  const asked = `${other} was asked ${formatNumber(reads)} times meanwhile`;
  if (firstNew === null) return `${asked}, and still answers with the old price.`;
  const last = lastOld === 0 ? 'as that began' : `${formatDuration(lastOld)} after that began`;
  return `${asked}: it gave the old price for the last time ${last}, and the new one, freshly loaded, after ${formatDuration(firstNew)}.`;
}

function otherWhilePending(other, { firstNew }) {
  return firstNew === null
    ? `${other} still answers with the old price.`
    : `${other} has loaded the new price by itself.`;
}

/** What came of continuing Redis. */
export function continuedText(agreedAfter) {
  return agreedAfter === null
    ? 'Redis goes on. The instances do not agree yet.'
    : `Redis goes on. ${formatDuration(agreedAfter)} later both instances were verified, nothing waited any more, and both answered with the price of the store.`;
}

/** What stopping Redis means. */
export const STOPPED_TEXT =
  'Redis has been stopped. Both instances go on answering; within a second or two they tell that nothing proves their answers any more.';
