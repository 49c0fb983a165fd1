import { describe, expect, it } from '@jest/globals';
import { guardRejections } from '../helpers.js';
import { ModelWorld } from './model-world.js';

guardRejections();

const SEEDS = 15;
const STEPS = 400;

describe('Whatever three instances do, and whatever befalls them', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => [index + 1]))(
    'no read answers what was invalidated longer ago than the staleness (seed %i)',
    async (seed) => {
      const model = new ModelWorld(drawing(seed));
      await model.begin();
      for (let step = 0; step < STEPS; step++) await model.step();
      await model.end();
      expect(model.wrong).toEqual([]);
      expect(model.reads).toBeGreaterThan(STEPS / 4);
    },
  );
});

/** Whole numbers below the given one, the same ones for the same seed. */
function drawing(seed: number): (below: number) => number {
  let state = seed * 0x9e3779b9;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
