import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { loadsAtATime, OUTAGE } from '../run/expectations.js';
import type { Stage } from '../run/stage.js';
import type { Scenario } from './scenario.js';

/** Nobody listens there. */
const NOBODY = 1;
const MOST_LOADS = 4;
/** How long the server takes over each key when it loads its data, in microseconds. */
const LOAD_DELAY = 1000;

const killed: Scenario = {
  name: 'redis-killed',
  title: 'Redis is killed; it comes back with its data',
  group: 'redis',
  direct: true,
  inject: async (stage) => {
    stage.snapshot = await stage.server.snapshot();
    await stage.server.kill();
  },
  heal: ({ server, snapshot }) => server.restart({ snapshot }),
  expectations: OUTAGE,
};

const frozen: Scenario = {
  name: 'redis-frozen',
  title: 'Redis is stopped by SIGSTOP',
  group: 'redis',
  inject: async ({ server }) => server.pause(),
  heal: async ({ server }) => server.resume(),
  expectations: OUTAGE,
};

const late: Scenario = {
  name: 'redis-late',
  title: 'Redis is started only after the app',
  group: 'redis',
  direct: true,
  startsInFault: true,
  prepare: ({ server }) => server.kill(),
  inject: async () => undefined,
  heal: ({ server }) => server.restart(),
  expectations: OUTAGE,
};

const emptied: Scenario = {
  name: 'redis-emptied',
  title: `Redis is killed; it comes back with nothing, and many ask; at most ${MOST_LOADS} loads at a time`,
  group: 'redis',
  direct: true,
  cache: { maxConcurrentLoads: MOST_LOADS },
  lanes: { mix: 12, miss: 6 },
  inject: ({ server }) => server.kill(),
  heal: ({ server }) => server.restart(),
  expectations: [...OUTAGE, loadsAtATime(MOST_LOADS)],
};

const slow: Scenario = {
  name: 'redis-slow',
  title: 'Redis answers after 2 s',
  group: 'redis',
  inject: async ({ proxy }) => proxy.delay(1000),
  heal: async ({ proxy }) => proxy.heal(),
  expectations: OUTAGE,
};

const halfOpen: Scenario = {
  name: 'redis-half-open',
  title: 'What is sent to Redis is swallowed, connections stay open; new ones work again later',
  group: 'redis',
  inject: async ({ proxy }) => proxy.hole(),
  heal: async ({ proxy }) => {
    proxy.forget();
    proxy.heal();
  },
  expectations: OUTAGE,
};

const outOfMemory: Scenario = {
  name: 'redis-out-of-memory',
  title: 'Redis is out of memory (noeviction)',
  group: 'redis',
  inject: (stage) => configure(stage, 'maxmemory', '1'),
  heal: (stage) => configure(stage, 'maxmemory', '0'),
  expectations: OUTAGE,
};

const readOnly: Scenario = {
  name: 'redis-read-only',
  title: 'Redis becomes a replica that takes no writes, without a master',
  group: 'redis',
  inject: async ({ server }) => void (await server.call('REPLICAOF', '127.0.0.1', NOBODY)),
  heal: async ({ server }) => void (await server.call('REPLICAOF', 'NO', 'ONE')),
  expectations: OUTAGE,
};

const wrongPassword: Scenario = {
  name: 'redis-wrong-password',
  title: 'The password of Redis is changed, and all are put out; later it is changed back',
  group: 'redis',
  inject: async ({ server }) => {
    await server.call('CONFIG', 'SET', 'requirepass', 'changed');
    await withPassword(server.port, async (admin) => {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    });
  },
  heal: ({ server }) =>
    withPassword(server.port, async (admin) => {
      await admin.call('CONFIG', 'SET', 'requirepass', '');
    }),
  expectations: OUTAGE,
};

const loading: Scenario = {
  name: 'redis-loading',
  title: 'Redis is restarted and answers LOADING while it reads its data',
  group: 'redis',
  direct: true,
  // Two settings that Redis has for its own tests: a small file takes as long as a large one.
  serverArgs: `--key-load-delay ${LOAD_DELAY} --loading-process-events-interval-bytes 1024`.split(
    ' ',
  ),
  prepare: async ({ server, times }) => {
    const keys = Math.ceil((times.fault * 1000) / LOAD_DELAY);
    await server.call('EVAL', FILL, 0, 'foreign:', keys);
  },
  inject: async ({ server }) => {
    await server.restart({ snapshot: await server.snapshot() });
  },
  heal: async ({ server }) => {
    while (!String(await server.call('INFO', 'persistence')).includes('\nloading:0\r'))
      await sleep(5);
  },
  expectations: OUTAGE,
};

/** Sets so many keys of others. */
export const FILL = `
for index = 1, tonumber(ARGV[2]) do
  redis.call('SET', ARGV[1] .. index, 'a value of somebody else, of a hundred bytes or so, as there are many of them in a store')
end`;

async function configure({ server }: Stage, name: string, value: string): Promise<void> {
  await server.call('CONFIG', 'SET', name, value);
}

async function withPassword(port: number, act: (admin: Redis) => Promise<void>): Promise<void> {
  const admin = new Redis({ port, host: '127.0.0.1', password: 'changed' });
  try {
    await act(admin);
  } finally {
    admin.disconnect();
  }
}

export const REDIS_SCENARIOS: readonly Scenario[] = [
  killed,
  frozen,
  late,
  emptied,
  slow,
  halfOpen,
  outOfMemory,
  readOnly,
  wrongPassword,
  loading,
];
