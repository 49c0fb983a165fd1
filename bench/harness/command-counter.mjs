import { Redis } from 'ioredis';

/**
 * Counts what reaches the server while a round goes on: `commands`, by `INFO commandstats` (those that a script
 * runs count as well), and `reads`, how often the server read from a socket, which at one call under way is the
 * number of round trips, and `gets`, the GETs among the commands. What idle contestants send meanwhile is in it.
 */
export async function commandCounter(redisUrl) {
  const redis = new Redis(redisUrl);
  let before;
  return {
    async begin() {
      before = await countsOf(redis);
    },
    async perOperation(operations) {
      const after = await countsOf(redis);
      return {
        commands: (after.commands - before.commands) / operations,
        // The one of this counter is not the contestant's.
        reads: (after.reads - before.reads - 1) / operations,
        gets: (after.gets - before.gets) / operations,
      };
    },
    end: () => redis.quit(),
  };
}

async function countsOf(redis) {
  const info = await redis.info('stats', 'commandstats');
  let commands = 0;
  let gets = 0;
  for (const [, name, calls] of info.matchAll(/^cmdstat_([^:]*):calls=(\d+)/gm)) {
    if (name !== 'info') commands += Number(calls);
    if (name === 'get') gets += Number(calls);
  }
  return { commands, gets, reads: Number(/^total_reads_processed:(\d+)/m.exec(info)[1]) };
}
