import { setTimeout as sleep } from 'node:timers/promises';
import {
  answersGoOn,
  appIsWell,
  healthAnswers,
  heapReturns,
  hotStaysFast,
  megabytes,
  noErrors,
  servesAgain,
  servesAtAll,
  SURVIVES,
  type Expectation,
} from '../run/expectations.js';
import type { Scenario } from './scenario.js';

/** In milliseconds. */
const ENDS_WITHIN = 8000;
const HOUR = 3_600_000;
const BLOCK = 500;
const MOST_BYTES = 32 * 2 ** 20;
const VALUE_BYTES = 4000;
/** Of values which together are several times as large as what the memory tier may hold. */
const VALUES = 16_000;

/** The client may be refused, or lose a connection that the app has never seen. Whatever the app took is answered. */
const allAreAnswered: Expectation = {
  title: 'every request that the app has taken is answered',
  timed: false,
  check: ({ printed }) => {
    const [told, answered, taken] = /(\d+) of (\d+) requests were answered/.exec(printed) ?? [];
    if (told === undefined) return `it does not tell: ${printed}`;
    return taken === answered ? undefined : told;
  },
};

const endsWell: Expectation = {
  title: 'the app ends by itself with code 0',
  timed: false,
  check: ({ exit, printed }) =>
    exit?.code === 0 ? undefined : `${exit?.code ?? exit?.signal ?? 'it goes on'} ${printed}`,
};

const terminated: Scenario = {
  name: 'process-sigterm',
  title: 'SIGTERM under load, while the origin takes 2 s',
  group: 'process',
  endsInFault: true,
  inject: async ({ app }) => {
    await app.call('origin', 'slow');
    await sleep(300);
    app.signal('SIGTERM');
    await Promise.race([app.exit, sleep(ENDS_WITHIN, undefined, { ref: false })]);
  },
  expectations: [noErrors('refused', 'lost'), allAreAnswered, endsWell],
};

const blocked: Scenario = {
  name: 'process-blocked',
  title: `The event loop is blocked for ${BLOCK} ms`,
  group: 'process',
  inject: ({ app }) => app.call('block', BLOCK),
  expectations: [
    noErrors(),
    answersGoOn(),
    hotStaysFast,
    servesAgain,
    servesAtAll,
    heapReturns,
    healthAnswers,
    appIsWell,
  ],
};

const clockJumps: Scenario = {
  name: 'process-clock-jumps',
  title: 'The wall clock jumps ahead by an hour, and back again',
  group: 'process',
  inject: ({ app }) => app.call('jump', HOUR),
  heal: ({ app }) => app.call('jump', -HOUR),
  expectations: SURVIVES,
};

const isBounded: Expectation = {
  title: `a full memory tier of ${megabytes(MOST_BYTES)} takes at most 1.5 times that`,
  timed: true,
  check: ({ notes }) => (Number(notes.share) > 1.5 ? `${notes.share} times` : undefined),
};

const heapLimit: Scenario = {
  name: 'process-heap-limit',
  title: 'A heap of 128 MB, and a memory tier of 32 MB that overflows',
  group: 'process',
  nodeFlags: ['--max-old-space-size=128'],
  cache: { memory: { maxBytes: MOST_BYTES, maxEntries: 1_000_000 } },
  inject: async ({ app, notes }) => {
    const empty = (await app.call('heap')).heapUsed;
    await app.call('fill', VALUES, VALUE_BYTES);
    const full = (await app.call('heap')).heapUsed;
    notes.entries = (await app.call('figures')).cache.tiers[0]?.size ?? 0;
    notes.share = ((full - empty) / MOST_BYTES).toFixed(2);
  },
  expectations: [noErrors(), answersGoOn(), servesAtAll, isBounded, healthAnswers, appIsWell],
};

export const PROCESS_SCENARIOS: readonly Scenario[] = [terminated, blocked, clockJumps, heapLimit];
