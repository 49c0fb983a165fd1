import { setTimeout as sleep } from 'node:timers/promises';
import { findViolations } from '../history/find-violations.js';
import type { History } from '../history/history.js';
import type { CoherencePromise, Verdict } from '../history/promise.js';
import { monotonicNow } from '../monotonic-now.js';
import { Random } from '../random.js';
import type { FaultKind } from './faults.js';
import type { Instance } from './instance.js';
import type { RunOptions } from './run-options.js';
import { Saboteur } from './saboteur.js';
import { Scene } from './scene.js';
import { Writer } from './writer.js';

/** What the measuring may be wrong by, in milliseconds: the cache's clock counts whole milliseconds. */
const TOLERANCE = 20;

/** How long an instance may take to find its way back after the last fault, in milliseconds. */
const SETTLES_WITHIN = 30_000;

/** What came of a run. */
export interface Outcome {
  readonly options: RunOptions;
  readonly verdict: Verdict;
  readonly history: History;
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Sums of what the instances count. */
  readonly counts: Readonly<Record<string, number>>;
  /** What went wrong beside violations: processes that ended, instances that did not find their way back. */
  readonly failures: readonly string[];
}

/** Starts the instances, lets them read while everything goes wrong, and checks what they have answered. */
export async function runCheck(options: RunOptions): Promise<Outcome> {
  const scene = await Scene.set(options);
  let struck = false;
  try {
    const random = new Random(options.seed);
    const writer = new Writer(scene, random.fork('writer'));
    const saboteur = new Saboteur(scene, random.fork('saboteur'));
    const working = Promise.all([writer.run(), saboteur.run()]);
    await sleep(options.seconds * 1000);
    await saboteur.end();
    await writer.end(4 * options.staleness + 2000);
    await working;
    const quietFrom = await findQuiet(scene);
    const survivors = scene.instances.map(({ name }) => name);
    struck = true;
    await scene.strike();
    const history = scene.book.close(quietFrom, survivors);
    const verdict = findViolations(history, promiseOf(options));
    const { counts, failures } = scene;
    return { options, verdict, history, faults: saboteur.counts, counts, failures };
  } finally {
    if (!struck) await scene.strike();
  }
}

function promiseOf({ staleness, whenUnverified, maxUnverified }: RunOptions): CoherencePromise {
  // A silence is noticed after twice the bound, and the next attempt to connect may come two seconds later.
  const recovery = 2 * staleness + 5000;
  const unverified = whenUnverified === 'serve' ? { limit: maxUnverified, recovery } : undefined;
  return { staleness, tolerance: TOLERANCE, lateness: 4 * staleness + 1000, unverified };
}

/** Waits until every instance has its proof again, and has each read all keys after that. @returns when that was */
async function findQuiet(scene: Scene): Promise<number> {
  const { staleness, keys } = scene.options;
  const deadline = monotonicNow() + SETTLES_WITHIN;
  for (const instance of scene.instances) {
    while (!(await isSettled(instance))) {
      if (monotonicNow() > deadline) {
        scene.failures.push(`${instance.name} does not find its way back`);
        return Infinity;
      }
      await sleep(20);
    }
  }
  const quietFrom = monotonicNow();
  await sleep(staleness + 2 * TOLERANCE);
  const patience = keys * 1000 + 10 * staleness;
  await Promise.all(
    scene.instances.map(async (instance) => {
      const answer = await instance.ask({ type: 'readAll' }, 'hasReadAll', patience);
      if (answer === undefined) scene.failures.push(`${instance.name} has not read all keys`);
    }),
  );
  return quietFrom;
}

async function isSettled(instance: Instance): Promise<boolean> {
  const report = await instance.ask({ type: 'ask' }, 'answer', 1000);
  return report?.type === 'answer' && report.settled;
}
