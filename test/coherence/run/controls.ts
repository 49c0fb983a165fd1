import type { FaultKind } from './faults.js';
import type { RunOptions } from './run-options.js';

/** A cache that has to be found guilty: a check that cannot fail proves nothing. */
export interface Control {
  readonly title: string;
  readonly changes: Partial<RunOptions>;
}

/** An instance has to fill Redis before it hears of what has voided its value. */
const PARTED: readonly FaultKind[] = ['deaf', 'hold', 'slow'];

export const CONTROLS: readonly Control[] = [
  { title: 'delete, and publish and subscribe', changes: { subject: 'naive' } },
  {
    title: 'without the fence',
    changes: { without: 'fence', faults: PARTED, staleness: 150, keys: 60 },
  },
  { title: 'without dirty marks', changes: { without: 'dirty' } },
  { title: 'without probes', changes: { without: 'probe' } },
  { title: 'without detaching', changes: { without: 'detach' } },
  { title: 'without judging what is stale', changes: { without: 'judge' } },
];

/** How many runs a control gets until it is found guilty. */
export const ATTEMPTS = 4;
