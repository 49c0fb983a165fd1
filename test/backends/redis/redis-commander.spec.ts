import { describe, expect, it } from '@jest/globals';
import type { RedisClient } from '../../../lib/backends/redis/redis-client.js';
import { RedisCommander } from '../../../lib/backends/redis/redis-commander.js';
import { RedisFailures } from '../../../lib/backends/redis/redis-failures.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { deferred } from '../../core/helpers.js';

/** Whatever is sent is answered at once. */
function commanderOver(opening: Promise<RedisClient>): {
  commander: RedisCommander;
  link: { ready: RedisClient | undefined };
} {
  const link = {
    ready: undefined as RedisClient | undefined,
    open: () => opening,
    openNow: () => opening,
    timedOut: () => undefined,
    retryNow: () => undefined,
    onReady: () => () => undefined,
    close: async () => undefined,
  };
  const failures = new RedisFailures('redis', []);
  return { commander: new RedisCommander('redis', link, failures, new ManualClock(), 500), link };
}

describe('RedisCommander', () => {
  it('knows of calls that what is sent now would overtake, until they are sent', async () => {
    const opening = deferred<RedisClient>();
    const { commander, link } = commanderOver(opening.promise);
    const client = {} as RedisClient;
    const sent: string[] = [];
    const send = (name: string): Promise<string> =>
      commander.run(
        'get',
        async () => sent.push(name),
        () => name,
      );
    expect(commander.hasUnsent).toBe(false);
    const first = send('first');
    // The connection is there before those who wait for it are told.
    link.ready = client;
    expect(commander.hasUnsent).toBe(true);
    opening.resolve(client);
    await first;

    expect(commander.hasUnsent).toBe(false);
    expect(sent).toEqual(['first']);
  });

  it('has none where the connection does not come about', async () => {
    const { commander } = commanderOver(Promise.reject(new Error('refused')));
    await expect(
      commander.run(
        'get',
        async () => 1,
        () => 1,
      ),
    ).rejects.toThrow('refused');
    expect(commander.hasUnsent).toBe(false);
  });
});
