import { expect } from '@jest/globals';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { counted, tierStats } from '../core/helpers.js';
import { share } from './helpers.js';
import { eventually } from '../support/patience.js';

/** What takes longer hangs: each call is given its timeouts, and time for a machine that is busy. */
const HANGS = 30_000;

/** Two caches that have joined the log, and hold `key` in memory and in Redis. */
export async function joined(one: TieredCache, two: TieredCache): Promise<void> {
  for (const cache of [one, two]) {
    await eventually(async () => (await cache.healthCheck()).coherence.verified);
  }
  await share([one, two], 'key', 'old', { ttl: '1h' });
}

/** Reads of each kind are answered, by the loader where nothing else answers. */
export async function answersReads(cache: TieredCache, round: number): Promise<void> {
  const loader = counted(() => 'loaded');
  const started = performance.now();
  const [one, none, many, all] = await Promise.all([
    cache.getOrCompute(`one ${round}`, loader),
    cache.get(`none ${round}`),
    cache.getMany([`none ${round}`, `other ${round}`]),
    cache.getOrComputeMany([`many ${round}`], (keys) => keys.map((key) => [key, key] as const)),
  ]);
  expect(performance.now() - started).toBeLessThan(HANGS);
  expect(one).toBe('loaded');
  expect(loader.runs).toBe(1);
  expect(none).toBeUndefined();
  expect(many.size).toBe(0);
  expect(all).toEqual(new Map([[`many ${round}`, `many ${round}`]]));
}

/** `key` is removed, or is to be: this cache does not answer it any more. @returns whether it has been */
export async function removes(cache: TieredCache): Promise<boolean> {
  const started = performance.now();
  const outcome: unknown = await cache.remove('key').catch((error: unknown) => error);
  expect(performance.now() - started).toBeLessThan(HANGS);
  if (outcome !== undefined) expect(outcome).toMatchObject({ code: 'INVALIDATION_PENDING' });
  expect(cache.peek('key')).toBeUndefined();
  expect(await cache.get('key')).toBeUndefined();
  expect(await cache.getOrCompute('key', () => 'new', { unless: () => true })).toBe('new');
  return outcome === undefined;
}

/** Both tiers of both serve again, by themselves, and nothing that was removed has come back. */
export async function recovers(one: TieredCache, two: TieredCache): Promise<void> {
  for (const cache of [one, two]) {
    await eventually(async () => {
      const { status, coherence } = await cache.healthCheck();
      return status === 'up' && coherence.verified && coherence.pending === 0;
    });
  }
  await eventually(() => two.peek('key') === undefined);
  for (const cache of [one, two]) expect(await cache.get('key')).toBeUndefined();
  await eventually(async () => {
    await one.set('shared', 'value', { ttl: '1h' }).catch(() => undefined);
    return (await two.get('shared')) === 'value';
  });
  await eventually(() => tierStats(one, 'redis').breaker?.state === 'closed');
}
