import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { eventually, PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import { failureOf } from './helpers.js';

const MOST = 1000;

describe('a client that was given, while Redis does not answer', () => {
  let server: RedisServer;
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    server.resume();
    for (const end of ends.splice(0).toReversed()) await end();
  });
  afterAll(() => server.stop());

  it('is given no more commands when a thousand calls have had no answer in their time', async () => {
    const client = new Redis(server.port);
    ends.push(() => client.disconnect());
    const backend = new RedisBackend({ client, timeout: 1000 });
    ends.push(() => backend.close());
    await client.ping();
    const patient = new RedisBackend({ client, ...PATIENT });
    await patient.setWithTtl('key', Buffer.from('value'), 60_000);
    server.pause();
    const calls = Array.from({ length: MOST }, () => failureOf(backend.get('key')));
    for (const failure of await Promise.all(calls)) {
      expect(failure).toMatchObject({ code: 'BACKEND_TIMEOUT' });
    }
    const refused = Array.from({ length: 10 }, () => failureOf(backend.get('key')));
    for (const failure of await Promise.all(refused)) {
      expect(failure).toMatchObject({ code: 'TOO_MANY_CALLS', backend: 'redis', limit: MOST });
    }
    expect(await backend.healthCheck()).toBe(false);
    server.resume();
    // It answers in the order in which it was asked.
    await client.ping();
    await eventually(() => backend.healthCheck());
    expect(await patient.get('key')).toEqual(Buffer.from('value'));
  });

  it('is given commands again when its connection has ended', async () => {
    const client = new Redis(server.port, { autoResendUnfulfilledCommands: false });
    ends.push(() => client.disconnect());
    client.on('error', () => undefined);
    const backend = new RedisBackend({ client, timeout: 1000 });
    ends.push(() => backend.close());
    await client.ping();
    server.pause();
    await Promise.all(Array.from({ length: MOST }, () => failureOf(backend.get('key'))));
    expect(await failureOf(backend.get('key'))).toMatchObject({ code: 'TOO_MANY_CALLS' });
    server.resume();
    client.disconnect(true);
    await new Promise((resolve) => client.once('ready', resolve));
    await eventually(() => backend.healthCheck());
  });
});
