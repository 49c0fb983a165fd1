import type { AppSettings } from '../app/app-orders.js';
import type { Lanes } from '../load/load-orders.js';
import type { Expectation } from '../run/expectations.js';
import type { Stage } from '../run/stage.js';

/** A fault, and what is expected of the app that meets it. */
export interface Scenario {
  readonly name: string;
  /** What happens, for the table. */
  readonly title: string;
  readonly group: 'redis' | 'origin' | 'process' | 'control';
  /** Beside, or in the place of, the usual options of the cache. */
  readonly cache?: AppSettings['cache'];
  readonly serverArgs?: readonly string[];
  /** Of Node, for the app. */
  readonly nodeFlags?: readonly string[];
  /** Without the proxy, where a connection has to be refused. */
  readonly direct?: boolean;
  readonly lanes?: Partial<Lanes>;
  readonly mixKeys?: number;
  /** The app starts in the fault: what is calm comes at the end. */
  readonly startsInFault?: boolean;
  /** The app ends in the fault: nothing comes after it. */
  readonly endsInFault?: boolean;
  /** Before the app is started. */
  prepare?(stage: Stage): Promise<void>;
  /** Before the load begins. */
  warmUp?(stage: Stage): Promise<void>;
  /** The fault begins. */
  inject(stage: Stage): Promise<void>;
  /** Again and again as long as it lasts. */
  repeat?(stage: Stage): Promise<void>;
  /** The fault ends. */
  heal?(stage: Stage): Promise<void>;
  readonly expectations: readonly Expectation[];
}
