import { LOAD_TIME } from '../app/origin.js';
import type { LaneName, LoadErrorKind } from '../load/load-orders.js';
import type { Outcome, Phase } from './outcome.js';

/** What has to be so. */
export interface Expectation {
  readonly title: string;
  /** About times or memory: not judged where the machine may be busy with something else. */
  readonly timed: boolean;
  /** @returns what is otherwise */
  check(outcome: Outcome): string | undefined;
}

/** The default `timeout` of a Redis tier, in milliseconds. */
const REDIS_TIMEOUT = 500;
/** For what is done beside it. */
const SLACK = 50;
/** How much of the heap may come and go without being a leak, in bytes. */
const HEAP_SLACK = 6 * 2 ** 20;

/** No request is answered wrongly or not at all; but for errors of the kinds that are allowed. */
export function noErrors(...allowed: readonly LoadErrorKind[]): Expectation {
  return {
    title: 'no error to a client',
    timed: false,
    check: ({ errors, firstErrors }) => {
      const found = Object.entries(errors).filter(([kind]) => !allowed.some((one) => one === kind));
      if (found.length === 0) return undefined;
      const counts = found.map(([kind, count]) => `${count} ${kind}`).join(', ');
      const first = firstErrors.find(({ kind }) => !allowed.includes(kind));
      return `${counts}; the first: ${first?.detail}`;
    },
  };
}

/** In every phase there are answers: nobody hangs. */
export function answersGoOn(
  lanes: readonly LaneName[] = ['hot', 'mix', 'miss', 'write'],
): Expectation {
  return {
    title: `answers on ${lanes.join(', ')} in every phase`,
    timed: false,
    check: ({ phases }) => {
      for (const [name, phase] of Object.entries(phases)) {
        const silent = lanes.filter((lane) => phase.lanes[lane].answers === 0);
        if (silent.length > 0) return `none on ${silent.join(', ')} in ${name}`;
      }
      return undefined;
    },
  };
}

/** Memory hits are about as fast as they were. */
export const hotStaysFast: Expectation = {
  title: 'p99 of memory hits within twice the calm one',
  timed: true,
  check: ({ hotRatio }) => {
    if (hotRatio === undefined) return 'there were too few to tell';
    return hotRatio > 2 ? `${hotRatio.toFixed(2)} times` : undefined;
  },
};

/**
 * No answer of a lane takes longer, in any phase. What holds up memory hits, which wait for nobody, is the machine, and
 * is allowed for: a request may meet it on its way in and on its way out.
 */
export function answersWithin(lane: LaneName, limit: number, title: string): Expectation {
  return {
    title: `${lane}: ${title}, ${limit} ms`,
    timed: true,
    check: ({ phases }) => {
      for (const [name, { lanes }] of Object.entries(phases)) {
        const { max } = lanes[lane];
        const machine = 2 * lanes.hot.max;
        if (max > limit + machine) {
          return `${max.toFixed(0)} ms in ${name}, ${machine.toFixed(0)} of them allowed for the machine`;
        }
      }
      return undefined;
    },
  };
}

/** A read below memory and a fill are given up in time; the load is added. */
export const missIsLimited = answersWithin(
  'miss',
  2 * REDIS_TIMEOUT + LOAD_TIME + SLACK,
  'at most its timeouts and the load',
);

export const servesAgain: Expectation = {
  title: 'both tiers serve within 500 ms of healing',
  timed: true,
  check: ({ servedAfter }) => {
    if (servedAfter === undefined) return 'they do not';
    return servedAfter > 500 ? `after ${servedAfter.toFixed(0)} ms` : undefined;
  },
};

/** At all, within the time that is waited. */
export const servesAtAll: Expectation = {
  title: 'both tiers serve again',
  timed: false,
  check: ({ servedAfter }) => (servedAfter === undefined ? 'they do not' : undefined),
};

export const heapReturns: Expectation = {
  title: 'the heap returns to its level',
  timed: true,
  check: ({ heap }) => {
    if (heap === undefined) return undefined;
    const { before, after } = heap;
    return after.heapUsed > before.heapUsed * 1.1 + HEAP_SLACK
      ? `${megabytes(before.heapUsed)} before, ${megabytes(after.heapUsed)} after`
      : undefined;
  },
};

/** The readiness probe never takes the app out of service. */
export const healthAnswers: Expectation = {
  title: 'health answers, and never that the app is down',
  timed: false,
  check: ({ health }) => {
    if (health.bad.length > 0) return health.bad.slice(0, 3).join('; ');
    return health.answers === 0 ? 'it was never answered' : undefined;
  },
};

/** The process goes on, and complains of nothing. */
export const appIsWell: Expectation = {
  title: 'the app lives, without warnings or unhandled rejections',
  timed: false,
  check: ({ exit, printed, app }) => {
    if (exit !== undefined) return `it has ended with ${exit.code ?? exit.signal}: ${printed}`;
    if (app !== undefined && app.warnings.length > 0) return app.warnings.join('; ');
    return app?.requests.cut ? `${app.requests.cut} requests were cut off` : undefined;
  },
};

/** The origin never has more to do at a time. */
export function loadsAtATime(limit: number): Expectation {
  return {
    title: `at most ${limit} loads at a time`,
    timed: false,
    check: ({ phases }) => worst(phases, limit, ({ origin }) => origin.most),
  };
}

/** However slow the origin is: nobody loads what is being loaded. */
export const oneLoadOfAKey: Expectation = {
  title: 'at most one load of a key at a time',
  timed: false,
  check: ({ phases }) => worst(phases, 1, ({ origin }) => origin.mostOfOneKey),
};

function worst(
  phases: Outcome['phases'],
  limit: number,
  figure: (phase: Phase) => number,
): string | undefined {
  const most = Math.max(...Object.values(phases).map(figure));
  return most > limit ? `${most}` : undefined;
}

/** What every fault of Redis is judged by. */
export const SURVIVES: readonly Expectation[] = [
  noErrors(),
  answersGoOn(),
  hotStaysFast,
  missIsLimited,
  servesAgain,
  servesAtAll,
  heapReturns,
  healthAnswers,
  appIsWell,
];

/** The fault has come about: Redis did not do what the cache asked it for. */
export const redisFails: Expectation = {
  title: 'the fault is felt by the tier of Redis',
  timed: false,
  check: ({ app }) => {
    const redis = app?.cache.tiers[1];
    return redis !== undefined && redis.errors + redis.refused > 0 ? undefined : 'it is not';
  },
};

/** The same of stored bytes. How many are read while they are spoilt is a matter of how fast the machine is. */
export const bytesAreSpoilt: Expectation = {
  title: 'bytes are read that cannot be understood',
  timed: true,
  check: ({ app }) => (app?.cache.tiers[1]?.undecodable ? undefined : 'there were none'),
};

/** The same of the origin: loads failed, or there were more than are waited for. */
export function originFails(waiting: number): Expectation {
  return {
    title: 'the fault is felt by those who load',
    timed: false,
    check: ({ phases }) => {
      const { failed, most } = phases.fault?.origin ?? { failed: 0, most: 0 };
      return failed > 0 || most > waiting ? undefined : 'it is not';
    },
  };
}

/** What an outage of Redis is judged by. */
export const OUTAGE: readonly Expectation[] = [redisFails, ...SURVIVES];

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
