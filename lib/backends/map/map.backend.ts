import { checkOptionNames, checkText } from '../../contract/check-options.js';
import { systemClock, type Clock } from '../../contract/clock.js';
import { InProcessBackend } from '../in-process.backend.js';
import type { Slot } from '../slot.js';

/** @publicApi */
export interface MapOptions {
  /** What the backend is called in errors and, if the tier has no name, in stats. Default: `map`. */
  readonly name?: string;
  /** Default: the system's. A backend that serves entries takes the clock of its cache. */
  readonly clock?: Clock;
}

/**
 * An unbounded store in this process, over a `Map`: for a known, small set of keys, and for tests. An expired
 * entry is dropped when it is asked for, or by `cleanupExpired()`; nothing else is ever dropped.
 *
 * @throws InvalidOptionError when an option is unknown or of the wrong type
 * @publicApi
 */
export class MapBackend extends InProcessBackend {
  constructor(options: MapOptions = {}) {
    checkOptionNames(options, ['name', 'clock'], 'map');
    checkText(options.name, 'map.name');
    super(options.name ?? 'map', new Map<string, Slot>(), options.clock ?? systemClock);
  }
}
