import { describe, expect, it } from '@jest/globals';
import { check, expectNothingWrong } from './check.js';

/** A longer run, with all options: `npm run check:coherence`. */
describe('instances under faults', () => {
  it.each([
    ['bypass', 20],
    ['serve', 21],
  ])(
    'answer nothing that was void longer than the bound, with %s',
    async (unverified, seed) => {
      const outcome = await check(`--unverified=${unverified}`, `--seed=${seed}`, '--seconds=6');

      expectNothingWrong(outcome);
      const { verdict, history, faults } = outcome;
      expect(verdict.reads).toBeGreaterThan(2000);
      expect(history.calls.filter((call) => call.outcome === 'resolved').length).toBeGreaterThan(
        50,
      );
      expect(faults.size).toBeGreaterThan(3);
    },
    60_000,
  );
});
