import { KEYS } from '../data/objects.mjs';
import { features } from '../studies/features.mjs';

/**
 * What each feature costs a hit in memory: the same hit as that of `l1-hit`, by `getOrCompute`, with one feature
 * switched on, against the plain one. The plain one has what is on by default in memory alone.
 */
export const featureCosts = {
  name: 'feature-costs',
  title: `A hit in memory with a feature switched on: ${KEYS} keys, zipf, objects of 1 KB`,
  floor: 'plain',
  concurrency: 1,
  callsPerLook: 1000,
  needsRedis: true,
  notes: [
    'On by default: freezing, the counters of stats, and with a Redis tier coherence. All others are off unless asked for.',
  ],
  contestants: features,
};
