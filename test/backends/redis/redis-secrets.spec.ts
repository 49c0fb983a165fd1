import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import type { RedisClient } from '../../../lib/backends/redis/redis-client.js';
import { RedisFailures } from '../../../lib/backends/redis/redis-failures.js';
import { BackendError } from '../../../lib/contract/errors.js';
import { PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';
import { failureOf } from './helpers.js';

const PASSWORD = 'hunter2@home';
const USER = 'somebody';

/** All that a logger could make of a value. */
function everyRendering(value: unknown): string {
  const renderings = [String(value), inspect(value, { depth: null, showHidden: true })];
  for (let error = value; error instanceof Error; error = error.cause) {
    renderings.push(
      String(error.stack),
      JSON.stringify(error),
      JSON.stringify(Object.entries(error)),
    );
  }
  return renderings.join('\n');
}

describe('credentials', () => {
  let server: RedisServer;
  const printed: unknown[] = [];

  beforeEach(async () => {
    server = await RedisServer.start({ password: 'the right one' });
    for (const method of ['log', 'warn', 'error'] as const) {
      jest.spyOn(console, method).mockImplementation((...args) => void printed.push(...args));
    }
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    printed.length = 0;
    await server.stop();
  });

  function everythingPrinted(): string {
    return printed.map(everyRendering).join('\n');
  }

  const wrongLogins: [string, () => RedisBackend][] = [
    [
      'in the url',
      () =>
        new RedisBackend({
          url: `redis://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}`,
          ...PATIENT,
        }),
    ],
    [
      'in the options',
      () =>
        new RedisBackend({
          options: { port: server.port, username: USER, password: PASSWORD },
          ...PATIENT,
        }),
    ],
    [
      'in the query of the url',
      () =>
        new RedisBackend({ url: `redis://127.0.0.1:${server.port}?password=hunter2`, ...PATIENT }),
    ],
  ];
  it.each(wrongLogins)('a wrong password %s is told, but not shown', async (_where, create) => {
    const backend = create();

    const errors = [
      await failureOf(backend.get('key')),
      await failureOf(backend.connect()),
      await failureOf(backend.setWithTtl('key', Buffer.from('value'), 1000)),
    ];

    for (const error of errors) {
      expect(error).toBeInstanceOf(BackendError);
      expect(String(error)).toMatch(/WRONGPASS|invalid/);
      expect(everyRendering(error)).not.toMatch(/hunter2|somebody/);
    }
    expect(everyRendering(backend)).not.toMatch(/hunter2|somebody/);
    expect(everythingPrinted()).not.toMatch(/hunter2|somebody/);
    await backend.close();
  });

  /** What the test needs of a client, beyond what the backend needs. */
  type TestClient = RedisClient & {
    on(event: 'error', listener: () => void): unknown;
    disconnect(): void;
  };
  const clients: [string, (port: number) => TestClient][] = [
    ['Redis of ioredis 6', (port) => new Redis({ port, password: PASSWORD, lazyConnect: true })],
    ['Redis of ioredis 5', (port) => new Redis5({ port, password: PASSWORD, lazyConnect: true })],
    [
      'Cluster',
      (port) =>
        new Cluster([{ host: '127.0.0.1', port }], {
          redisOptions: { password: PASSWORD },
          lazyConnect: true,
          clusterRetryStrategy: () => null,
        }),
    ],
  ];
  it.each(clients)('a wrong password of a client is not shown: %s', async (_kind, connect) => {
    const client = connect(server.port);
    client.on('error', () => undefined);
    const backend = new RedisBackend({ client, ...PATIENT });

    const error = await failureOf(backend.get('key'));

    expect(error).toBeInstanceOf(BackendError);
    expect(everyRendering(error)).not.toContain('hunter2');
    expect(everythingPrinted()).not.toContain('hunter2');
    if (client.status !== 'end') client.disconnect();
  });

  it('values and commands are not shown either', async () => {
    const backend = new RedisBackend({ url: server.url, ...PATIENT });
    await server.call('CONFIG', 'SET', 'maxmemory', '1');

    const error = await failureOf(backend.setWithTtl('key', Buffer.from('PRIVATE'), 1000));

    expect(String(error)).toContain('OOM');
    expect(everyRendering(error)).not.toMatch(/PRIVATE|80, 82, 73|50 52 49|the right one/);
    await backend.close();
  });
});

describe('RedisFailures', () => {
  const failures = new RedisFailures('redis', [
    { password: 'swordfish', username: 'sword' },
    undefined,
  ]);
  const messageOf = (error: unknown): string => failures.toError('get', error).message;

  it('takes credentials out of messages, stacks and causes, the longest first', () => {
    const error = failures.toError('get', new Error('no swordfish for sword'));

    expect(error.message).toBe('Cache backend "redis" failed in get: no *** for ***');
    expect(everyRendering(error)).not.toContain('sword');
  });

  it('leaves out the arguments that old servers repeat, cut short or not', () => {
    const reply = 'ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `sword';

    expect(messageOf(new Error(reply))).toBe(
      'Cache backend "redis" failed in get: ERR unknown command `HELLO`',
    );
  });

  it('keeps what is of use: the name and the code', () => {
    const original = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED', command: {} });

    expect(failures.toError('get', original).cause).toMatchObject({
      name: 'TypeError',
      message: 'refused',
      code: 'ECONNREFUSED',
    });
    expect(failures.toError('get', original).cause).not.toHaveProperty('command');
  });

  it('tells the parts of an error that has no message of its own', () => {
    const parts = [
      new Error('connect ECONNREFUSED ::1'),
      new Error('connect ECONNREFUSED 127.0.0.1'),
    ];

    expect(messageOf(new AggregateError(parts))).toContain(
      'connect ECONNREFUSED ::1, connect ECONNREFUSED 127.0.0.1',
    );
    expect(messageOf(new RangeError(''))).toContain('RangeError');
  });

  it('cannot be made to forge lines of a log', () => {
    expect(messageOf(new Error('ERR a\r\nERROR all is lost\u001b[31m'))).toBe(
      'Cache backend "redis" failed in get: ERR a ERROR all is lost [31m',
    );
  });

  it('names the type of what is no error', () => {
    expect(messageOf('text')).toContain('a string');
    expect(failures.notConnected('get', undefined).message).toContain('not connected');
  });
});
