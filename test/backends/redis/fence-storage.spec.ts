import { afterEach, describe, expect, it } from '@jest/globals';
import { toClientOptions } from '../../../lib/backends/redis/redis-connection-options.js';
import { BackendError } from '../../../lib/contract/errors.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { ANN, BOB, CID, FenceInstances, LONG, NEW, OLD, textOf } from './fence-instances.js';
import { failureOf } from './helpers.js';
import { eventually } from '../../support/patience.js';

const on = new FenceInstances();

describe('a server that has become a replica', () => {
  afterEach(() => on.admin.call('REPLICAOF', 'NO', 'ONE'));

  it('refuses leases, and is left by those who asked, who look for the master again', async () => {
    const proxy = await TcpProxy.start(on.server.port);
    const behind = on.connect({ url: `redis://127.0.0.1:${proxy.port}` });
    await behind.connect();
    await on.admin.call('REPLICAOF', '127.0.0.1', '1');

    const error = await failureOf(behind.lease('key', ANN, LONG));

    expect(error).toBeInstanceOf(BackendError);
    await eventually(() => proxy.accepted === 2);
    await behind.close();
    await proxy.close();
  });

  it('is recognised by what versions before 7 say of a script too', () => {
    const { reconnectOnError } = toClientOptions({});
    const said =
      "ERR Error running script (call to f_1): @user_script:45: @user_script: 45: -READONLY You can't write against a read only replica.";
    expect(typeof reconnectOnError === 'function' && reconnectOnError(new Error(said))).toBe(true);
    expect(typeof reconnectOnError === 'function' && reconnectOnError(new Error('ERR'))).toBe(
      false,
    );
  });
});

describe('a server whose memory is full', () => {
  afterEach(() => on.admin.config('SET', 'maxmemory', '0'));

  it('refuses leases and fills with an error, and still discards and holds', async () => {
    await on.first.lease('filled', ANN, LONG);
    await on.first.fill('filled', ANN, OLD, LONG);
    await on.first.lease('leased', ANN, LONG);
    await on.admin.config('SET', 'maxmemory', '1');

    expect(await failureOf(on.first.lease('other', BOB, LONG))).toBeInstanceOf(BackendError);
    expect(await failureOf(on.first.fill('leased', ANN, NEW, LONG))).toBeInstanceOf(BackendError);
    await on.first.discard(['filled']);
    await on.first.discard(['leased'], LONG);

    expect(await textOf(on.first, 'filled')).toBeUndefined();
    expect(await on.first.lease('leased', BOB, LONG)).toEqual({ outcome: 'bypass' });
    await on.admin.config('SET', 'maxmemory', '0');
    expect(await on.first.fill('leased', ANN, NEW, LONG)).toBe(false);
  });
});

describe('what stands in Redis', () => {
  it('is the value with its token under the key, and the lease beside it in the same slot', async () => {
    await on.first.lease('user:{1}', ANN, LONG);
    await on.second.lease('user:{1}', BOB, LONG);
    expect(await on.admin.keys('*')).toEqual(['cache-tier:{user:%7B1%7D}:l']);
    expect(await on.admin.get('cache-tier:{user:%7B1%7D}:l')).toBe(`${ANN}w`);
    expect(await on.admin.pttl('cache-tier:{user:%7B1%7D}:l')).toBeGreaterThan(LONG / 2);

    await on.first.fill('user:{1}', ANN, NEW, LONG);
    expect(await on.admin.keys('*')).toEqual(['cache-tier:{user:%7B1%7D}']);
    const stored = await on.admin.getBuffer('cache-tier:{user:%7B1%7D}');
    expect(stored?.subarray(0, 18)).toEqual(
      Buffer.concat([Buffer.of(0xc1, 0x46), Buffer.from(ANN)]),
    );
    // Its end, which is not before now, and not after what Redis itself keeps it for.
    const endsAt = stored?.readUIntBE(18, 6) ?? 0;
    const ends = await on.admin.pexpiretime('cache-tier:{user:%7B1%7D}');
    expect(endsAt === 0 || (endsAt > ends - LONG && endsAt <= ends)).toBe(true);
    expect(stored?.subarray(24)).toEqual(NEW);

    await on.first.discard(['user:{1}'], LONG);
    expect(await on.admin.keys('*')).toEqual(['cache-tier:{user:%7B1%7D}:l']);
    expect(await on.admin.get('cache-tier:{user:%7B1%7D}:l')).toBe('T');
  });

  const foreign: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('{"some":"json, and longer than any token"}')],
    ['a plain envelope', Buffer.from('CT\u0001'.padEnd(60, 'x'))],
    ['the mark alone', Buffer.of(0xc1, 0x46)],
    ['the mark and a part of a token', Buffer.concat([Buffer.of(0xc1, 0x46), Buffer.alloc(15)])],
    ['the mark, a token and a part of an end', Buffer.of(0xc1, 0x46, ...Buffer.alloc(21, ANN))],
    ['a token without the mark', Buffer.from(`${ANN}value`)],
    ['half a mark', Buffer.concat([Buffer.of(0xc1), Buffer.from(`${ANN}value`)])],
  ];
  it.each(foreign)('is not taken for a fill when it is %s', async (_, bytes) => {
    await on.admin.set('cache-tier:{key}', bytes, 'PX', LONG);

    expect(await on.first.getFenced('key')).toBeUndefined();
    expect(await on.first.getFencedMany(['key'])).toEqual([undefined]);
    expect(await on.first.get('key')).toEqual(bytes);
    expect(await on.first.lease('key', ANN, LONG)).toEqual({ outcome: 'granted' });
    expect(await on.first.fill('key', ANN, NEW, LONG)).toBe(true);
    expect(await textOf(on.first, 'key')).toBe('new');
  });

  it('may have lost its end in Redis, and tells it all the same when it is read', async () => {
    await on.first.getFenced('so that the time is known');
    await on.first.lease('key', ANN, LONG);
    await on.first.fill('key', ANN, NEW, LONG);
    await on.admin.persist('cache-tier:{key}');

    expect((await on.first.getFenced('key'))?.ttl).toBeLessThanOrEqual(LONG);
    expect(await on.first.lease('key', BOB, LONG)).toEqual({
      outcome: 'hit',
      found: { value: NEW, token: ANN, ttl: undefined },
    });
  });

  it('is taken over when it is a lease that would never end', async () => {
    await on.admin.set('cache-tier:{key}:l', CID);
    expect(await on.first.lease('key', ANN, LONG)).toEqual({ outcome: 'granted' });
    expect(await on.first.fill('key', ANN, NEW, LONG)).toBe(true);
  });

  it('is held empty for ever when an operator wants it so', async () => {
    await on.admin.set('cache-tier:{key}:l', 'T');
    await on.first.discard(['key'], 50);
    await on.first.discard(['key']);
    expect(await on.first.lease('key', ANN, LONG)).toEqual({ outcome: 'bypass' });
    expect(await on.admin.pttl('cache-tier:{key}:l')).toBe(-1);
  });

  it('is an error when it is of another kind', async () => {
    await on.admin.rpush('cache-tier:{key}', 'a list');
    const error = await failureOf(on.first.lease('key', ANN, LONG));
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ operation: 'lease' });
    expect(String(error)).toContain('WRONGTYPE');
  });

  it('is an error of its own key alone, where others are asked for at once', async () => {
    await on.admin.rpush('cache-tier:{list}', 'a list');
    await on.admin.rpush('cache-tier:{lease}:l', 'a list');
    const keys = ['one', 'list', 'lease', 'two'];
    const leases = await Promise.allSettled(keys.map((key) => on.first.lease(key, ANN, LONG)));
    const failure = { status: 'rejected', reason: { operation: 'lease', concernsKey: true } };
    const granted = { status: 'fulfilled', value: { outcome: 'granted' } };
    expect(leases).toMatchObject([granted, failure, failure, granted]);
    const fills = await Promise.allSettled(keys.map((key) => on.first.fill(key, ANN, NEW, LONG)));
    expect(fills).toMatchObject([
      { status: 'fulfilled', value: true },
      { status: 'fulfilled', value: false },
      { status: 'rejected', reason: { operation: 'fill', concernsKey: true } },
      { status: 'fulfilled', value: true },
    ]);
  });

  it('can be replaced when its token is of other bytes than ours', async () => {
    const stored = Buffer.concat([
      Buffer.of(0xc1, 0x46),
      Buffer.alloc(16, 0xfe),
      Buffer.alloc(6),
      OLD,
    ]);
    await on.admin.set('cache-tier:{key}', stored, 'PX', LONG);
    const token = (await on.first.getFenced('key'))?.token;
    expect(token).toHaveLength(16);
    expect(await on.first.lease('key', ANN, LONG, token)).toEqual({ outcome: 'granted' });
  });
});

describe('what is refused', () => {
  it.each(['', 'short', 'a-token-that-is-long', 'token of ann 001', 'token-öf-ann-001'])(
    'a token "%s", which is not of 16 printable characters',
    async (token) => {
      const calls = [
        on.first.lease('key', token, LONG),
        on.first.fill('key', token, NEW, LONG),
        on.first.renew('key', token, LONG),
        on.first.release('key', token),
      ];
      for (const call of calls) {
        expect(String(await failureOf(call))).toMatch(/"token": is text of 16 characters/);
      }
    },
  );

  it.each([0, -1, 1.5, NaN, Infinity])('a lease of %d ms', async (duration) => {
    for (const call of [
      on.first.lease('key', ANN, duration),
      on.first.renew('key', ANN, duration),
    ]) {
      expect(String(await failureOf(call))).toMatch(/"duration": is a whole number of at least 1/);
    }
  });

  it.each([-1, 1.5, NaN, Infinity])('a hold of %d ms', async (holdFor) => {
    const error = await failureOf(on.first.discard(['key'], holdFor));
    expect(String(error)).toMatch(/"holdFor": is a whole number of at least 0/);
  });
});
