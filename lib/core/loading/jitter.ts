/**
 * A ttl that is shortened by a random part, so that what was stored together does not end together.
 *
 * @param ttl in whole milliseconds
 * @param jitter the greatest part that is taken off: 0 for none, 1 for all of it
 * @returns whole milliseconds, at least 1; each in the range is as likely as another
 */
export function jittered(ttl: number, jitter: number, random: () => number): number {
  if (jitter === 0) return ttl;
  const most = Math.floor(ttl * jitter);
  return Math.max(1, ttl - Math.floor(random() * (most + 1)));
}
