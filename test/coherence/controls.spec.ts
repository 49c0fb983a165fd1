import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';

/** A check that cannot fail proves nothing. The other controls: `npm run check:coherence:long`. */
describe('instances that do not keep the promise', () => {
  it('are found guilty where they delete and publish, as is usual', async () => {
    const { verdict, failures } = await check('--subject=naive', '--seed=20', '--seconds=5');

    expect(failures).toEqual([]);
    expect(verdict.violations.length).toBeGreaterThan(100);
    expect(verdict.worst).toBeGreaterThan(600);
  }, 60_000);

  it('are found guilty where they believe, without a probe, to have heard everything', async () => {
    const { verdict } = await check(
      '--without=probe',
      '--faults=deaf,forget,hole',
      '--unverified=bypass',
      '--seed=20',
      '--seconds=5',
    );

    const stale = verdict.violations.filter(({ rule }) => rule === 'stale');
    expect(stale.length).toBeGreaterThan(10);
  }, 60_000);
});
