import { describe, expect, it } from '@jest/globals';
import { onSomeTry } from '../support/patience.js';
import { check, expectNothingWrong } from './check.js';

/** A longer run, with all options: `npm run check:coherence`. */
describe('instances under faults', () => {
  it.each([
    ['bypass', 20],
    ['serve', 21],
  ])(
    'answer nothing that was void longer than the bound, with %s',
    async (unverified, seed) => {
      const isLongEnough = async (round: number): Promise<boolean> => {
        const seconds = `--seconds=${6 * 2 ** round}`;
        const outcome = await check(`--unverified=${unverified}`, `--seed=${seed}`, seconds);
        expectNothingWrong(outcome);
        const { verdict, history, faults } = outcome;
        const resolved = history.calls.filter((call) => call.outcome === 'resolved');
        return verdict.reads > 2000 && resolved.length > 50 && faults.size > 3;
      };
      // On a slow machine little happens in a short time.
      await expect(onSomeTry(isLongEnough, 3)).resolves.toBeUndefined();
    },
    240_000,
  );
});
