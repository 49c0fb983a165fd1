import { describe, expect, it } from '@jest/globals';
import type { HandlerOutcome } from '../../../lib/nest/http/handler-run.js';
import { SharedRuns, type RunEnd } from '../../../lib/nest/http/shared-runs.js';

describe('Runs of a handler that requests share', () => {
  it('are told by the one that began last of those that have ended, whichever ended last', async () => {
    const runs = new SharedRuns();
    const [older, newer] = [ended(), ended()];
    await runs.share('key', async (run) => {
      const [first, second] = [run.begin(), run.begin()];
      expect(run.end).toBeUndefined();
      second(newer);
      first(older);
      expect(run.end).toBe(newer);
      await runs.share('key', async (same) => expect(same.end).toBe(newer));
      await runs.share('other', async (other) => expect(other.end).toBeUndefined());
      const third = run.begin();
      third(older);
      expect(run.end).toBe(older);
    });
    await runs.share('key', async (run) => expect(run.end).toBeUndefined());
  });
});

function ended(): RunEnd {
  return { outcome: {} as HandlerOutcome, kept: undefined, headers: {} };
}
