import { describe, expect, it } from '@jest/globals';
import { onSomeTry } from '../support/patience.js';
import { check } from './check.js';

/** A check that cannot fail proves nothing. The other controls: `npm run check:coherence:long`. */
describe('instances that do not keep the promise', () => {
  it('are found guilty where they delete and publish, as is usual', async () => {
    const areGuilty = async (round: number): Promise<boolean> => {
      const seconds = `--seconds=${5 * 2 ** round}`;
      const { verdict, failures } = await check('--subject=naive', '--seed=20', seconds);
      expect(failures).toEqual([]);
      return verdict.violations.length > 100 && verdict.worst > 600;
    };
    await expect(onSomeTry(areGuilty, 3)).resolves.toBeUndefined();
  }, 240_000);

  it('are found guilty where they believe, without a probe, to have heard everything', async () => {
    const areGuilty = async (round: number): Promise<boolean> => {
      const { verdict } = await check(
        '--without=probe',
        '--faults=deaf,forget,hole',
        '--unverified=bypass',
        '--seed=20',
        `--seconds=${5 * 2 ** round}`,
      );
      return verdict.violations.filter(({ rule }) => rule === 'stale').length > 10;
    };
    await expect(onSomeTry(areGuilty, 3)).resolves.toBeUndefined();
  }, 240_000);
});
