import { describe, expect, it } from '@jest/globals';
import { FAULT_KINDS } from './faults.js';
import { readOptions } from './read-options.js';

describe('readOptions', () => {
  it('gives each run the next seed, and what is served without a proof by the seed', () => {
    const { runs } = readOptions(['--seed', '7', '--runs', '3', '--seconds', '5']);

    expect(runs.map(({ seed, whenUnverified }) => [seed, whenUnverified])).toEqual([
      [7, 'serve'],
      [8, 'bypass'],
      [9, 'serve'],
    ]);
    expect(readOptions(['--seed', '9']).runs[0]).toMatchObject({ whenUnverified: 'serve' });
    expect(runs[0]).toMatchObject({ seconds: 5, subject: 'ours', faults: FAULT_KINDS });
  });

  it('takes a list of faults, or none', () => {
    expect(readOptions(['--faults', 'cut,flush']).runs[0]?.faults).toEqual(['cut', 'flush']);
    expect(readOptions(['--faults', 'none']).runs[0]?.faults).toEqual([]);
  });

  it('refuses what it does not know, and says what there is', () => {
    expect(() => readOptions(['--subject', 'other'])).toThrow('--subject is one of ours, naive');
    expect(() => readOptions(['--without', 'all'])).toThrow('fence, dirty, probe, detach');
    expect(() => readOptions(['--faults', 'cut,war'])).toThrow('--faults is one of kill, cut');
    expect(() => readOptions(['--seconds', 'ten'])).toThrow('--seconds is a whole number');
    expect(() => readOptions(['--speed', '1'])).toThrow("Unknown option '--speed'");
  });
});
