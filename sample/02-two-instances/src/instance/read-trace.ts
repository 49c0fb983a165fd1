import { AsyncLocalStorage } from 'node:async_hooks';
import type { Source } from '../instance-messages.js';

/** Who has answered a read; `undefined` while nobody has told. */
export interface ReadTrace {
  source: Source | undefined;
}

/** The trace of the read that the running code belongs to; none in a read that nobody asks this of. */
export const readTrace = new AsyncLocalStorage<ReadTrace>();
