import { setTimeout as sleep } from 'node:timers/promises';
import { contestantsOf } from '../studies/figures.mjs';
import { inTurns } from '../studies/in-turns.mjs';
import { redisCommands } from '../studies/redis-commands.mjs';
import { startWorker, withWorkers } from '../studies/start-worker.mjs';
import { watchRemovals } from '../studies/watch-removals.mjs';

const STUDY = new URL('../studies/invalidation-lag.mjs', import.meta.url).href;
const KINDS = ['DEL + PUBLISH', 'nestjs-cache-tier'];
const SIZES = [1, 4, 8];
const UNDER_WAY = 16;
const WATCHED = 50;

/** How long the commands of idle instances are counted, in milliseconds: as long as `staleness` is by default. */
const IDLE_TIME = 1000;

/**
 * One Redis and 1, 4 and 8 instances in processes of their own, beside instances that do no more than delete and publish.
 * First all are idle, and the commands that they send are counted. Then all remove keys at the same time, 16 each under
 * way, which all others hear of. Then one removes and one watches, the others being idle (as `invalidation-lag`). There
 * may be fewer cores than processes: what all together do in a second is bounded by that, too.
 */
export const growthInstances = {
  name: 'growth-instances',
  title: 'Invalidations, by the number of instances on one Redis',
  floor: nameOf(KINDS[0], SIZES[0]),
  needsRedis: true,
  rounds: 3,
  roundTime: 300,
  async measure({ rounds, roundTime, redisUrl, only }) {
    const groups = new Map(
      SIZES.flatMap((size) => KINDS.map((kind) => [nameOf(kind, size), { kind, size }])),
    );
    const names = [...groups.keys()].filter(only);
    const commands = await redisCommands(redisUrl);
    try {
      const measured = await inTurns(names, rounds, (name, round) => {
        const { kind, size } = groups.get(name);
        return withWorkers(
          Array.from({ length: size }, () => startWorker(STUDY, kind, { redisUrl })),
          (workers) => measureGroup(workers, commands, `${name}:${round}`, roundTime),
        );
      });
      return { measures: MEASURES, contestants: contestantsOf(measured) };
    } finally {
      commands.end();
    }
  },
};

const MEASURES = [
  { key: 'removed', title: 'removals/s', unit: 'ops/s', better: 'higher' },
  { key: 'failed', title: 'failed', unit: '', better: 'lower' },
  { key: 'idle', title: 'commands/s, idle, each', unit: '', better: 'lower' },
  { key: 'lagP50', title: 'lag p50 µs', unit: 'µs', better: 'lower' },
  { key: 'lagP99', title: 'lag p99 µs', unit: 'µs', better: 'lower' },
  { key: 'totalP50', title: 'total p50 µs', unit: 'µs', better: 'lower' },
  { key: 'totalP99', title: 'total p99 µs', unit: 'µs', better: 'lower' },
];

function nameOf(kind, size) {
  return `${kind}, ${size} ${size === 1 ? 'instance' : 'instances'}`;
}

async function measureGroup(workers, commands, prefix, time) {
  const removeAll = (what, milliseconds) =>
    Promise.all(
      workers.map((worker, at) =>
        worker.call('removeFor', {
          prefix: `${prefix}:${what}:${at}`,
          time: milliseconds,
          underWay: UNDER_WAY,
        }),
      ),
    );
  // All are connected then, and their code is compiled.
  await removeAll('warm', time);
  await sleep(100);
  const idle = await commands.during(() => sleep(IDLE_TIME));
  const runs = await removeAll('measured', time);
  const watched = workers.length > 1 ? await watchRemovals(workers, prefix, WATCHED) : {};
  return {
    removed: runs.reduce((sum, { speed }) => sum + speed, 0),
    failed: runs.reduce((sum, { failed }) => sum + failed, 0),
    idle: (idle.commands / workers.length / IDLE_TIME) * 1000,
    ...watched,
  };
}
