import { once } from 'node:events';

/** Counts the commands that clients send to a server; what scripts call on the server is not counted. */
export async function redisCommands(redisUrl) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  const monitor = await redis.monitor();
  let count = 0;
  monitor.on('monitor', (_time, [command], source) => {
    if (command === 'echo') monitor.emit('mark');
    else if (source !== 'lua') count++;
  });
  /** Until all that was sent before has been counted. */
  const settle = async () => {
    const seen = once(monitor, 'mark');
    await redis.echo('mark');
    await seen;
  };
  return {
    /** How many commands came while `use` was under way, and what it came to. */
    async during(use) {
      await settle();
      count = 0;
      const result = await use();
      await settle();
      return { commands: count, result };
    },
    end() {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}
