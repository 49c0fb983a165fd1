import type { AppSettings } from '../app/app-orders.js';
import type { OriginMode } from '../app/origin.js';
import {
  answersGoOn,
  answersWithin,
  appIsWell,
  healthAnswers,
  heapReturns,
  hotStaysFast,
  noErrors,
  oneLoadOfAKey,
  originFails,
  servesAtAll,
  type Expectation,
} from '../run/expectations.js';
import type { Stage } from '../run/stage.js';
import type { Scenario } from './scenario.js';

const KEYS = 300;
const READERS = 6;
const TTL = 300;
const SOFT = 100;
const HARD = 1000;
const THROTTLE = 500;
const CALLERS = 20;
/** How many keys are asked for at a time before the load begins. */
const AT_A_TIME = 20;

/** Values are short-lived, so that the origin is always needed, and are kept beyond that for when it fails. */
const CACHE: AppSettings['cache'] = {
  ttl: TTL,
  staleFor: '10m',
  softTimeout: SOFT,
  hardTimeout: HARD,
  failSafeThrottle: THROTTLE,
};

const STALE_SERVES: readonly Expectation[] = [
  originFails(READERS),
  noErrors(),
  answersGoOn(['hot', 'mix']),
  hotStaysFast,
  answersWithin('mix', SOFT + 50, 'at most softTimeout'),
  oneLoadOfAKey,
  servesAtAll,
  heapReturns,
  healthAnswers,
  appIsWell,
];

/** Only stale values are there to be answered, so nobody asks for what is new or was changed. */
function originScenario(mode: OriginMode, title: string, more: Partial<Scenario> = {}): Scenario {
  return {
    name: `origin-${mode}`,
    title,
    group: 'origin',
    cache: CACHE,
    lanes: { hot: 3, mix: READERS, miss: 0, write: 0 },
    mixKeys: KEYS,
    warmUp: askForAll,
    inject: ({ app }) => app.call('origin', mode),
    heal: ({ app }) => app.call('origin', 'fine'),
    expectations: STALE_SERVES,
    ...more,
  };
}

/** Until all are kept, which is when they are answered though the origin fails. */
async function askForAll({ app }: Stage): Promise<void> {
  for (let isKept = false; !isKept;) {
    await areAnswered(app.address);
    await app.call('origin', 'failing');
    isKept = await areAnswered(app.address);
    await app.call('origin', 'fine');
  }
}

async function areAnswered(address: string): Promise<boolean> {
  let answered = 0;
  for (let from = 0; from < KEYS; from += AT_A_TIME) {
    const keys = Array.from({ length: AT_A_TIME }, (_, index) => from + index);
    const answers = await Promise.all(keys.map((key) => fetch(`${address}/mix/${key}`)));
    await Promise.all(answers.map((answer) => answer.text()));
    answered += answers.filter(({ ok }) => ok).length;
  }
  return answered === KEYS;
}

/** Each key is tried once in the throttle, and once more. */
const failsAreThrottled: Expectation = {
  title: `a key is tried once in ${THROTTLE} ms`,
  timed: false,
  check: ({ phases }) => {
    const { origin, seconds } = phases.fault ?? { origin: undefined, seconds: 0 };
    const limit = KEYS * (Math.ceil((seconds * 1000) / THROTTLE) + 1);
    const loads = origin?.loads.mix ?? 0;
    return loads > limit ? `${loads} loads of ${KEYS} keys in ${seconds.toFixed(1)} s` : undefined;
  },
};

const callersShare: Expectation = {
  title: `${CALLERS} callers of a failing loader are one run`,
  timed: false,
  check: ({ notes }) =>
    notes.callersLoads === 1 && notes.callersFailed === CALLERS
      ? undefined
      : `${notes.callersLoads} runs, ${notes.callersFailed} calls failed`,
};

const failing = originScenario('failing', `Every load fails; ${CALLERS} ask for the same at once`, {
  inject: async ({ app, notes }) => {
    await app.call('origin', 'failing');
    const { loads, failed } = await app.call('callers', CALLERS);
    notes.callersLoads = loads;
    notes.callersFailed = failed;
  },
  expectations: [...STALE_SERVES, failsAreThrottled, callersShare],
});

export const ORIGIN_SCENARIOS: readonly Scenario[] = [
  originScenario('slow', 'Loads take 2 s'),
  failing,
  originScenario('flapping', 'Loads fail for 150 ms, and do not for 150 ms, by turns'),
  originScenario('hanging', 'Loads never end, until they are told to stop'),
  originScenario('deaf', 'Loads never end, whatever they are told'),
  originScenario('dead', 'The origin dies in the middle of loads, and refuses others'),
];
