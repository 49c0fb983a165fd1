import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../coherence/monotonic-now.js';
import type { AppOrders } from '../app/app-orders.js';
import { bytesAreSpoilt, OUTAGE, SURVIVES, type Expectation } from '../run/expectations.js';
import type { Stage } from '../run/stage.js';
import { FILL } from './redis-scenarios.js';
import type { Scenario } from './scenario.js';

const SPOILS_EVERY = 200;
/** So many keys are written in one script, so that the server is not held up for long. */
const BATCH = 5000;
const SCANNED = 10_000;

/** What the values of all caches are called, their leases excepted. */
const EACH_VALUE = `
for _, name in ipairs(redis.call('KEYS', 'cache-tier:*')) do
  if string.sub(name, -3) ~= '}:l' then`;

const MAKE_LISTS = `${EACH_VALUE}
    redis.call('DEL', name)
    redis.call('LPUSH', name, 'not of this type')
  end
end`;

/** ARGV are random bytes. */
const MAKE_GARBAGE = `${EACH_VALUE}
    local value = redis.pcall('GET', name)
    if type(value) == 'string' and #value > 0 then
      local chosen = math.random(#ARGV)
      if chosen % 2 == 0 then value = ARGV[chosen]
      else value = string.sub(value, 1, math.random(0, #value - 1)) end
      redis.call('SET', name, value, 'KEEPTTL')
    end
  end
end`;

const wrongType: Scenario = {
  name: 'content-wrong-type',
  title: 'All our keys hold lists, five times a second',
  group: 'redis',
  inject: async () => undefined,
  repeat: ({ server }) => spoil(() => server.call('EVAL', MAKE_LISTS, 0)),
  expectations: OUTAGE,
};

const garbage: Scenario = {
  name: 'content-garbage',
  title: 'All our values are cut off or random bytes, five times a second',
  group: 'redis',
  inject: async () => undefined,
  repeat: ({ server }) => spoil(() => server.call('EVAL', MAKE_GARBAGE, 0, ...randomBytes())),
  expectations: [bytesAreSpoilt, ...SURVIVES],
};

const foreignIntact: Expectation = {
  title: 'the keys of others are all there',
  timed: false,
  check: ({ notes }) =>
    notes.foreignKeys === notes.foreignLeft
      ? undefined
      : `${notes.foreignLeft} of ${notes.foreignKeys} are left`,
};

const foreign: Scenario = {
  name: 'content-foreign-keys',
  title: 'Many keys of others beside ours; a pattern, a tag and everything are voided by turns',
  group: 'redis',
  prepare: async ({ server, times, notes }) => {
    for (let from = 0; from < times.foreignKeys; from += BATCH) {
      await server.call('EVAL', FILL, 0, `foreign:${from}:`, BATCH);
    }
    notes.foreignKeys = await countForeign(server);
  },
  inject: async () => undefined,
  repeat: async (stage) => {
    for (const how of ['pattern', 'tags', 'clear'] as const) await voidMuch(stage, how);
    await sleep(SPOILS_EVERY);
  },
  heal: async ({ server, notes }) => {
    notes.foreignLeft = await countForeign(server);
  },
  expectations: [...SURVIVES, foreignIntact],
};

async function spoil(act: () => Promise<unknown>): Promise<void> {
  await act();
  await sleep(SPOILS_EVERY);
}

function randomBytes(): Buffer[] {
  return Array.from({ length: 40 }, (_, index) =>
    Buffer.from(Array.from({ length: index * 7 }, () => Math.floor(Math.random() * 256))),
  );
}

/** Notes the longest time that it took. */
async function voidMuch(
  { app, notes }: Stage,
  how: Parameters<AppOrders['invalidate']>[0],
): Promise<void> {
  const began = monotonicNow();
  await app.call('invalidate', how);
  const name = `${how}, at most (ms)`;
  notes[name] = Math.max(Number(notes[name] ?? 0), Math.ceil(monotonicNow() - began));
}

/** In steps: a server that is asked for all at once answers nobody meanwhile. */
async function countForeign(server: Stage['server']): Promise<number> {
  let [count, cursor] = [0, '0'];
  do {
    const step = await server.call('SCAN', cursor, 'MATCH', 'foreign:*', 'COUNT', SCANNED);
    const [next, names] = step as readonly [string, readonly string[]];
    cursor = next;
    count += names.length;
  } while (cursor !== '0');
  return count;
}

export const CONTENT_SCENARIOS: readonly Scenario[] = [wrongType, garbage, foreign];
