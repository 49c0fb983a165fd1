import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../coherence/monotonic-now.js';
import type { AppFigures, Heap } from '../app/app-orders.js';
import type { OriginCounts } from '../app/origin.js';
import type { LaneName, Lanes, LoadErrorKind, LoadRecord } from '../load/load-orders.js';
import type { Scenario } from '../scenarios/scenario.js';
import { figuresOf, type Span } from './figures.js';
import { HealthWatch } from './health-watch.js';
import type { JudgedOutcome, Outcome, Phase, PhaseName } from './outcome.js';
import { Stage, type App, type Load } from './stage.js';
import type { Times } from './times.js';

const LANES = { hot: 4, mix: 3, miss: 2, write: 1 };
const HOT_KEYS = 40;
const MIX_KEYS = 1000;
/** How often it is asked whether both tiers serve again, and for how long. */
const ASK_EVERY = 20;
const ASK_AT_MOST = 30_000;
/** How long the heap is given to return to its level. */
const SETTLES_WITHIN = 3000;
/** Health is asked for a round trip to each tier, which may take a second. */
const HEALTH_ANSWERS_WITHIN = 2500;

/** Plays a scenario under load, and judges it. */
export async function runScenario(
  scenario: Scenario,
  load: Load,
  times: Times,
): Promise<JudgedOutcome> {
  const stage = await Stage.set(scenario, load, times);
  try {
    const outcome = await new Play(scenario, stage).run();
    const problems = scenario.expectations.flatMap((expectation) => {
      if (expectation.timed && !times.judgesTimes) return [];
      const found = expectation.check(outcome);
      return found === undefined ? [] : [{ expected: expectation.title, found }];
    });
    return { ...outcome, problems };
  } finally {
    await stage.strike();
  }
}

class Play {
  readonly #spans = new Map<PhaseName, Span>();
  readonly #origin = new Map<PhaseName, OriginCounts>();
  #servedAfter: number | undefined;
  /** How many answers there were when the phase began. */
  #answered: Lanes | undefined;

  constructor(
    private readonly scenario: Scenario,
    private readonly stage: Stage,
  ) {}

  async run(): Promise<Outcome> {
    const { scenario, stage } = this;
    const { app, load, times } = stage;
    await scenario.warmUp?.(stage);
    const health = new HealthWatch(
      `${app.address}/health`,
      times.judgesTimes ? HEALTH_ANSWERS_WITHIN : times.timeout * 1000,
    );
    const { lanes, mixKeys = MIX_KEYS } = scenario;
    await load.call('begin', {
      url: app.address,
      lanes: { ...LANES, ...lanes },
      hotKeys: HOT_KEYS,
      mixKeys,
      timeout: times.timeout,
    });
    let record: LoadRecord | undefined;
    try {
      await sleep(times.warm);
      const before = await app.call('heap');
      await this.#playPhases();
      const after = scenario.endsInFault
        ? undefined
        : await settledHeap(app, before, times.judgesTimes ? SETTLES_WITHIN : 0);
      record = await load.call('end');
      const heap = after && { before, after };
      const figures = app.alive ? await app.call('figures') : undefined;
      return await this.#outcome(record, heap, figures, health);
    } finally {
      if (record === undefined) await load.call('end');
      await health.end();
    }
  }

  async #playPhases(): Promise<void> {
    const { startsInFault, endsInFault } = this.scenario;
    const { calm } = this.stage.times;
    const rest = async (): Promise<void> => {
      await sleep(calm);
      await this.#answersOnEachLane();
    };
    if (!startsInFault) await this.#phase('calm', rest);
    await this.#phase('fault', () => this.#fault());
    if (endsInFault) return;
    await this.#phase('recovery', () => this.#recovery());
    if (startsInFault) await this.#phase('calm', rest);
  }

  async #fault(): Promise<void> {
    const { scenario, stage } = this;
    const until = monotonicNow() + stage.times.fault;
    await scenario.inject(stage);
    while (scenario.repeat !== undefined && monotonicNow() < until) await scenario.repeat(stage);
    await sleep(Math.max(0, until - monotonicNow()));
    await this.#answersOnEachLane();
    await scenario.heal?.(stage);
  }

  async #recovery(): Promise<void> {
    const healed = monotonicNow();
    this.#servedAfter = await servedAfter(this.stage.app);
    await sleep(Math.max(0, healed + this.stage.times.recovery - monotonicNow()));
    await this.#answersOnEachLane();
  }

  /** Where times are not judged, a phase lasts until there are answers, unless somebody hangs. */
  async #answersOnEachLane(): Promise<void> {
    const { app, load, times } = this.stage;
    const lanes = Object.entries({ ...LANES, ...this.scenario.lanes });
    const asking = lanes.flatMap(([lane, count]) => (count > 0 ? [lane as LaneName] : []));
    const until = monotonicNow() + times.timeout * 1000;
    while (!times.judgesTimes && app.alive && monotonicNow() < until) {
      const answers = await load.call('answers');
      if (asking.every((lane) => answers[lane] > (this.#answered?.[lane] ?? 0))) return;
      await sleep(50);
    }
  }

  async #phase(name: PhaseName, play: () => Promise<unknown>): Promise<void> {
    const { app, load } = this.stage;
    const before = (await app.call('figures')).origin;
    this.#answered = await load.call('answers');
    const from = monotonicNow();
    await play();
    this.#spans.set(name, { from, to: monotonicNow() });
    if (app.alive) this.#origin.set(name, since(before, (await app.call('figures')).origin));
  }

  async #outcome(
    record: LoadRecord,
    heap: Outcome['heap'],
    figures: AppFigures | undefined,
    health: HealthWatch,
  ): Promise<Outcome> {
    const { name, title, group } = this.scenario;
    const { app, notes } = this.stage;
    const phases: Partial<Record<PhaseName, Phase>> = {};
    for (const [phase, span] of this.#spans) {
      const origin = this.#origin.get(phase) ?? NOTHING;
      phases[phase] = { ...figuresOf(record, span), origin };
    }
    const { calm, fault } = phases;
    const hasBoth = calm !== undefined && fault !== undefined && calm.hotP99 > 0;
    return {
      scenario: { name, title, group },
      phases,
      hotRatio: hasBoth && fault.hotP99 > 0 ? fault.hotP99 / calm.hotP99 : undefined,
      servedAfter: this.#servedAfter,
      heap,
      errors: countErrors(record),
      firstErrors: record.errors.slice(0, 5),
      health: await health.end(),
      app: figures,
      exit: app.alive ? undefined : await app.exit,
      printed: app.errors,
      notes,
    };
  }
}

const NOTHING: OriginCounts = { loads: {}, failed: 0, most: 0, mostOfOneKey: 0 };

/** How long it takes from now until both tiers serve. Asked several times at once: one that began too early waits. */
async function servedAfter(app: App): Promise<number | undefined> {
  const began = monotonicNow();
  const served: number[] = [];
  const ask = async (): Promise<void> => {
    if (await app.call('serves')) served.push(monotonicNow() - began);
  };
  const asked: Promise<void>[] = [];
  while (served.length === 0 && monotonicNow() - began < ASK_AT_MOST) {
    asked.push(ask());
    await sleep(ASK_EVERY);
  }
  await Promise.all(asked);
  return served[0];
}

/** The heap, as soon as it is back at its level, or as it is after so many milliseconds. */
async function settledHeap(app: App, level: Heap, within: number): Promise<Heap> {
  const until = monotonicNow() + within;
  for (;;) {
    const heap = await app.call('heap');
    if (heap.heapUsed <= level.heapUsed * 1.05 || monotonicNow() > until) return heap;
    await sleep(250);
  }
}

function since(before: OriginCounts, after: OriginCounts): OriginCounts {
  const loads = Object.entries(after.loads).map(
    ([kind, count]) => [kind, count - (before.loads[kind] ?? 0)] as const,
  );
  return { ...after, loads: Object.fromEntries(loads), failed: after.failed - before.failed };
}

function countErrors({ errors }: LoadRecord): Partial<Record<LoadErrorKind, number>> {
  const counts: Partial<Record<LoadErrorKind, number>> = {};
  for (const { kind } of errors) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
