import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { BackendTimeoutError } from '../../../lib/contract/errors.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { ANN, BOB, CID, FenceInstances, LONG, NEW, OLD, textOf } from './fence-instances.js';
import { failureOf } from './helpers.js';
import { eventually } from '../../support/patience.js';

const on = new FenceInstances();

describe('loads and invalidations', () => {
  it('a slow loader that read before an invalidation cannot store after it', async () => {
    await on.first.lease('key', ANN, LONG);
    const read = OLD;
    await on.second.discard(['key']);

    expect(await on.first.fill('key', ANN, read, LONG)).toBe(false);
    expect(await textOf(on.second, 'key')).toBeUndefined();
  });

  it('nor when another has loaded and stored meanwhile', async () => {
    await on.first.lease('key', ANN, LONG);
    await on.second.discard(['key']);
    await on.second.lease('key', BOB, LONG);
    await on.second.fill('key', BOB, NEW, LONG);

    expect(await on.first.fill('key', ANN, OLD, LONG)).toBe(false);
    expect(await textOf(on.first, 'key')).toBe('new');
  });

  it('of two fillers that race, because the first had died for all one knew, one stores', async () => {
    await on.first.lease('key', ANN, 30);
    await eventually(async () => (await on.second.lease('key', BOB, LONG)).outcome === 'granted');

    const stored = await Promise.all([
      on.first.fill('key', ANN, OLD, LONG),
      on.second.fill('key', BOB, NEW, LONG),
      on.first.fill('key', ANN, OLD, LONG),
    ]);

    expect(stored).toEqual([false, true, false]);
    expect(await textOf(on.first, 'key')).toBe('new');
  });

  it('a fill and an invalidation that race leave nothing that was read before', async () => {
    for (let round = 0; round < 100; round++) {
      await on.first.lease('key', ANN, LONG);
      await Promise.all([on.first.fill('key', ANN, OLD, LONG), on.second.discard(['key'])]);
      expect(await textOf(on.first, 'key')).toBeUndefined();
    }
  });

  it('a holder that dies costs the others the time of its lease, and no more', async () => {
    await on.first.lease('key', ANN, 1000);
    await on.first.close();

    // Each time less is left of it: who waits is told so, and in the end has the key.
    let left = 1000;
    let answer = await on.second.lease('key', BOB, LONG);
    while (answer.outcome === 'wait') {
      expect(answer.remaining).toBeLessThanOrEqual(left);
      await sleep(answer.remaining);
      left = answer.remaining;
      answer = await on.second.lease('key', BOB, LONG);
    }

    expect(answer.outcome).toBe('granted');
  });

  it('a value that is known to be old is replaced once, by one of those who know', async () => {
    await on.first.lease('key', ANN, LONG);
    await on.first.fill('key', ANN, OLD, LONG);
    const tokens = Array.from({ length: 20 }, (_, index) => `token-number-${100 + index}`);

    const answers = await Promise.all(
      tokens.map((token, index) =>
        (index % 2 ? on.first : on.second).lease('key', token, LONG, ANN),
      ),
    );
    const granted = tokens.filter((_, index) => answers[index]?.outcome === 'granted');
    expect(granted).toHaveLength(1);
    await on.first.fill('key', granted[0] ?? '', NEW, LONG);

    expect(await on.second.lease('key', CID, LONG, ANN)).toMatchObject({
      outcome: 'hit',
      found: { token: granted[0] },
    });
  });

  it('a removal by pattern leaves nothing that was read before it began, however it is timed', async () => {
    // Small steps, so that fills come in between them.
    const sweeper = on.connect({ scanCount: 10 });
    const keys = Array.from({ length: 400 }, (_, index) => `key ${index}`);
    await Promise.all(keys.map((key) => on.first.lease(key, ANN, LONG)));

    const removed = sweeper.removePattern('key *');
    for (const key of keys) await on.first.fill(key, ANN, OLD, LONG);
    await removed;

    const left = (await on.first.getFencedMany(keys)).filter((found) => found !== undefined);
    expect(left).toEqual([]);
  });
});

describe('a server that forgets', () => {
  it('refuses the fill when everything was flushed since the lease', async () => {
    await on.first.lease('key', ANN, LONG);
    await on.admin.flushall();

    expect(await on.first.fill('key', ANN, OLD, LONG)).toBe(false);
    expect(await on.first.renew('key', ANN, LONG)).toBe(false);
    await on.first.release('key', ANN);
    expect(await on.second.lease('key', BOB, LONG)).toEqual({ outcome: 'granted' });
  });

  it('refuses the fill when it was restarted empty since the lease, and has the scripts again', async () => {
    await on.first.lease('key', ANN, LONG);
    await on.server.restart();
    await eventually(() => on.first.healthCheck());

    expect(await on.first.fill('key', ANN, OLD, LONG)).toBe(false);
    expect(await on.first.lease('key', BOB, LONG)).toEqual({ outcome: 'granted' });
    expect(await on.first.fill('key', BOB, NEW, LONG)).toBe(true);
    expect(await textOf(on.first, 'key')).toBe('new');
  });

  it('has the scripts again after they were flushed between any two calls', async () => {
    await on.admin.script('FLUSH');
    expect(await on.first.lease('key', ANN, LONG)).toEqual({ outcome: 'granted' });
    await on.admin.script('FLUSH');
    expect(await on.first.lease('key', BOB, LONG)).toMatchObject({ outcome: 'wait' });
    await on.admin.script('FLUSH');
    expect(await on.first.renew('key', ANN, LONG)).toBe(true);
    await on.admin.script('FLUSH');
    expect(await on.first.fill('key', ANN, NEW, LONG)).toBe(true);
    await on.admin.script('FLUSH');
    await on.first.release('key', ANN);
    await on.admin.script('FLUSH');
    await on.first.discard(['key']);
    expect(await textOf(on.first, 'key')).toBeUndefined();
  });

  it('carries out the whole of a batch whose script it has lost', async () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index}`);
    await Promise.all(keys.map((key) => on.first.lease(key, ANN, LONG)));
    await on.admin.script('FLUSH');

    await on.first.discard(keys);

    const stored = await Promise.all(keys.map((key) => on.first.fill(key, ANN, OLD, LONG)));
    expect(stored.filter(Boolean)).toEqual([]);
  });

  it('is sent the text of a script once, and then its hash', async () => {
    await on.admin.script('FLUSH');
    await on.admin.config('RESETSTAT');
    for (const key of ['a', 'b', 'c']) await on.first.lease(key, ANN, LONG);
    const stats = await on.admin.info('commandstats');
    expect(stats).toContain('cmdstat_eval:calls=1,');
    expect(stats).toContain('cmdstat_evalsha:calls=2,');
  });
});

describe('answers that are lost', () => {
  let proxy: TcpProxy;
  let behind: RedisBackend;

  beforeEach(async () => {
    proxy = await TcpProxy.start(on.server.port);
    behind = on.connect({ url: `redis://127.0.0.1:${proxy.port}`, timeout: 1000 });
    await eventually(() => behind.healthCheck());
  });
  afterEach(() => proxy.close());

  /** The call reaches the server; its answer reaches nobody. */
  async function withoutAnswer(call: () => Promise<unknown>): Promise<unknown> {
    proxy.mute();
    const failure = await failureOf(call());
    // A connection that has lost bytes does not come back.
    proxy.cut();
    proxy.heal();
    return failure;
  }

  it('a lease that nobody knows to have ends by its duration', async () => {
    const error = await withoutAnswer(() => behind.lease('key', ANN, 4_000));
    expect(error).toBeInstanceOf(BackendTimeoutError);

    const answer = await on.second.lease('key', BOB, LONG);
    expect(answer).toMatchObject({ outcome: 'wait' });
    await eventually(async () => (await on.second.lease('key', BOB, LONG)).outcome === 'granted');
  });

  it('who asks again under the same token has it', async () => {
    await withoutAnswer(() => behind.lease('key', ANN, LONG));
    await eventually(() => behind.healthCheck());

    expect(await behind.lease('key', ANN, LONG)).toEqual({ outcome: 'granted' });
    expect(await behind.fill('key', ANN, NEW, LONG)).toBe(true);
  });

  it('a fill that nobody knows to be done is done, and cannot be done twice', async () => {
    await behind.lease('key', ANN, LONG);
    const error = await withoutAnswer(() => behind.fill('key', ANN, NEW, LONG));
    expect(error).toBeInstanceOf(BackendTimeoutError);
    await eventually(() => behind.healthCheck());

    expect(await behind.fill('key', ANN, NEW, LONG)).toBe(false);
    expect(await behind.getFenced('key')).toMatchObject({ token: ANN });
  });
});

describe('those who wait', () => {
  let listener: Redis;
  let heard: string[];

  beforeEach(async () => {
    heard = [];
    listener = new Redis(on.server.port);
    listener.on('message', (channel, message) => heard.push(`${channel} ${message}`));
    await listener.subscribe('cache-tier:leases', 'end');
  });
  afterEach(() => listener.disconnect());

  /** All that was announced until now. */
  async function announced(): Promise<string[]> {
    await on.admin.publish('end', '');
    await eventually(() => heard.includes('end '));
    return heard.filter((line) => line !== 'end ');
  }

  it('are told when the lease ends: by a fill, a release, a discard, a hold', async () => {
    const keys = ['filled', 'released', 'discarded', 'held', 'ключ {😀} %'];
    for (const key of keys) {
      await on.first.lease(key, ANN, LONG);
      await on.second.lease(key, BOB, LONG);
      await on.second.lease(key, CID, LONG);
    }
    await on.first.fill('filled', ANN, NEW, LONG);
    await on.first.release('released', ANN);
    await on.second.discard(['absent', 'discarded', 'ключ {😀} %', 'filled']);
    await on.second.discard(['held'], LONG);

    expect(await announced()).toEqual([
      'cache-tier:leases filled',
      'cache-tier:leases released',
      'cache-tier:leases discarded',
      'cache-tier:leases ключ {😀} %',
      'cache-tier:leases held',
    ]);
  });

  it('are told too when the lease was renewed, or granted again, since they asked', async () => {
    await on.first.lease('renewed', ANN, LONG);
    await on.second.lease('renewed', BOB, LONG);
    await on.first.renew('renewed', ANN, LONG);
    await on.first.release('renewed', ANN);
    await on.first.lease('again', ANN, LONG);
    await on.second.lease('again', BOB, LONG);
    await on.first.lease('again', ANN, LONG);
    await on.first.release('again', ANN);

    expect(await announced()).toEqual(['cache-tier:leases renewed', 'cache-tier:leases again']);
  });

  it('cost nothing where there are none', async () => {
    for (const key of ['filled', 'released', 'discarded']) await on.first.lease(key, ANN, LONG);
    await on.first.fill('filled', ANN, NEW, LONG);
    await on.second.lease('filled', BOB, LONG);
    await on.first.release('released', ANN);
    await on.first.discard(['discarded', 'absent'], LONG);
    await on.second.lease('discarded', BOB, LONG);
    await on.first.discard(['discarded']);

    expect(await announced()).toEqual([]);
  });

  it('are not told by who may not publish, whose work is done all the same', async () => {
    await on.admin.call('ACL', 'SETUSER', 'quiet', 'on', '>pw', '~*', '+@all', 'resetchannels');
    const quiet = on.connect({ url: `redis://quiet:pw@127.0.0.1:${on.server.port}` });
    for (const key of ['filled', 'released', 'discarded']) {
      await quiet.lease(key, ANN, LONG);
      await on.second.lease(key, BOB, LONG);
    }
    expect(await quiet.fill('filled', ANN, NEW, LONG)).toBe(true);
    await quiet.release('released', ANN);
    await quiet.discard(['discarded']);

    expect(await announced()).toEqual([]);
    expect(await textOf(on.second, 'filled')).toBe('new');
    for (const key of ['released', 'discarded']) {
      expect(await on.second.lease(key, BOB, LONG)).toEqual({ outcome: 'granted' });
    }
    await on.admin.call('ACL', 'DELUSER', 'quiet');
  });
});
