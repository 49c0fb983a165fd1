import { describe, expect, it } from '@jest/globals';
import { onSomeTry } from '../support/patience.js';
import { check } from './check.js';

/** On a slow machine little happens in a short time: the next try is longer. */
function seconds(round: number): string {
  return `--seconds=${5 * 2 ** round}`;
}

async function usualIsGuilty(round: number): Promise<boolean> {
  const { verdict, failures } = await check('--subject=naive', '--seed=20', seconds(round));
  expect(failures).toEqual([]);
  return verdict.violations.length > 100 && verdict.worst > 600;
}

async function believerIsGuilty(round: number): Promise<boolean> {
  const { verdict } = await check(
    '--without=probe',
    '--faults=deaf,forget,hole',
    '--unverified=bypass',
    '--seed=20',
    seconds(round),
  );
  return verdict.violations.filter(({ rule }) => rule === 'stale').length > 10;
}

/** A check that cannot fail proves nothing. The other controls: `npm run check:coherence:long`. */
describe('instances that do not keep the promise', () => {
  it('are found guilty where they delete and publish, as is usual', async () => {
    await expect(onSomeTry(usualIsGuilty, 3)).resolves.toBeUndefined();
  }, 240_000);

  it('are found guilty where they believe, without a probe, to have heard everything', async () => {
    await expect(onSomeTry(believerIsGuilty, 3)).resolves.toBeUndefined();
  }, 240_000);
});
