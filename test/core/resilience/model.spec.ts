import { describe, expect, it } from '@jest/globals';
import { ModelWorld } from '../coherence/model-world.js';
import { Random } from '../../coherence/random.js';
import { guardRejections } from '../helpers.js';

guardRejections();

const SEEDS = 20;
const STEPS = 400;

let stale = 0;

describe('Whatever loads do, whatever is done about it, and whatever befalls three instances', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => [index + 1]))(
    'no read answers what was invalidated, every call ends, and nothing is left (seed %i)',
    async (seed) => {
      const random = new Random(seed);
      const model = new ModelWorld((end) => random.below(end), true);
      await model.begin();
      for (let step = 0; step < STEPS; step++) await model.step();
      await model.end();
      expect(model.wrong).toEqual([]);
      expect(model.reads).toBeGreaterThan(STEPS / 4);
      stale += model.stale;
    },
  );

  it('and that stale values are answered is among what was tried', () => {
    expect(stale).toBeGreaterThan(SEEDS);
  });
});
