import { contestantsOf } from '../studies/figures.mjs';
import { inTurns } from '../studies/in-turns.mjs';
import { now } from '../studies/now.mjs';
import { readers } from '../studies/readers.mjs';
import { redisCommands } from '../studies/redis-commands.mjs';
import { startWorker, withWorkers } from '../studies/start-worker.mjs';

const STUDY = new URL('../studies/stampede.mjs', import.meta.url).href;
const CALLERS = 10_000;
const PROCESSES = 4;

/** How long before they begin at the same time the processes are told to, in microseconds. */
const AHEAD = 20_000;

/**
 * 10,000 callers of one cold key, all in one turn of the event loop; the loader takes 50 ms. First in one process, then
 * in 4 at the same time. Each round has processes of its own, which a few smaller stampedes have warmed.
 *
 * The Redis commands are counted in a stampede of their own, since MONITOR slows the server: what clients send, the
 * probes of an idle cache included. In one process the event loop is watched by turning it without a pause; 4 such
 * processes would keep each other from the cores, so there it is a timer, which may say up to 1 ms too much.
 */
export const stampede = {
  name: 'stampede',
  title: `${CALLERS} callers of one cold key, a load of 50 ms, memory and Redis; in 1 process, and in ${PROCESSES} at the same time`,
  floor: 'hand-rolled with a lock',
  needsRedis: true,
  rounds: 3,
  notes: [
    'The Redis commands are those that clients send, the probes of idle caches included.',
    `In ${PROCESSES} processes the event loop is watched by a timer: up to 1 ms too much, and what a process waits for a core.`,
  ],
  async measure({ rounds, redisUrl, only }) {
    const names = Object.keys(readers).filter(only);
    const commands = await redisCommands(redisUrl);
    try {
      const measured = await inTurns(names, rounds, (name, round) =>
        withWorkers(
          Array.from({ length: PROCESSES }, () => startWorker(STUDY, name, { redisUrl })),
          (workers) => measureRound(workers, commands, `${name}:${round}`),
        ),
      );
      return {
        measures: [...measuresOf(PROCESSES), ...measuresOf(1)],
        contestants: contestantsOf(measured),
      };
    } finally {
      commands.end();
    }
  },
};

function measuresOf(processes) {
  const of = (key, title, unit = '', more = {}) => ({
    key: `${key}-${processes}`,
    title: `${title} (${processes})`,
    unit,
    better: 'lower',
    ...more,
  });
  return [
    of('loads', 'loads'),
    of('wall', 'ms', 'ms'),
    of('blocked', 'blocked ms', 'ms', { spread: true }),
    of('commands', 'commands'),
  ];
}

async function measureRound(workers, commands, prefix) {
  await Promise.all(workers.map((worker, at) => warm(worker, `${prefix}:warm:${at}`)));
  return {
    ...(await measureOn(workers.slice(0, 1), commands, prefix)),
    ...(await measureOn(workers, commands, prefix)),
  };
}

async function warm(worker, key) {
  for (let at = 0; at < 3; at++) {
    await worker.call('stampede', { key: `${key}:${at}`, callers: CALLERS / 10, loadTime: 1 });
  }
}

async function measureOn(workers, commands, prefix) {
  const count = workers.length;
  const { loads, wall, blocked } = await rush(workers, `${prefix}:${count}`);
  const counted = await commands.during(() => rush(workers, `${prefix}:${count}:counted`));
  return {
    [`loads-${count}`]: Math.max(loads, counted.result.loads),
    [`wall-${count}`]: wall,
    [`blocked-${count}`]: blocked,
    [`commands-${count}`]: counted.commands,
  };
}

/** One stampede on these processes. */
async function rush(workers, key) {
  const order = { key, callers: CALLERS, beginAt: now() + AHEAD, spin: workers.length === 1 };
  const runs = await Promise.all(workers.map((worker) => worker.call('stampede', order)));
  const began = Math.min(...runs.map((run) => run.began));
  const ended = Math.max(...runs.map((run) => run.ended));
  return {
    loads: runs.reduce((sum, run) => sum + run.loads, 0),
    wall: (ended - began) / 1000,
    blocked: Math.max(...runs.map((run) => run.blocked)),
  };
}
