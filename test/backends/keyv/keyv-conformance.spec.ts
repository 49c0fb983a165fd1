import KeyvRedis from '@keyv/redis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Keyv } from 'keyv';
import type { KeyvStore } from '../../../lib/backends/keyv/keyv-options.js';
import { KeyvBackend } from '../../../lib/backends/keyv/keyv.backend.js';
import { backendConformance } from '../../../lib/testing/backend-conformance.js';
import type { ConformanceCase } from '../../../lib/testing/conformance-case.js';
import { freePort } from '../../support/free-port.js';
import { RedisServer } from '../../support/redis-server.js';

/** What makes a text unreadable, so that what is stored is not what was given. */
const compression = {
  compress: (value: string) => Promise.resolve(Buffer.from(value).toString('hex')),
  decompress: (value: string) => Promise.resolve(Buffer.from(value, 'hex').toString()),
};

const IN_PROCESS: Readonly<Record<string, () => KeyvStore>> = {
  'a Keyv on its own map': () => new Keyv(),
  'a bare map': () => new Map<string, unknown>(),
  'a Keyv without a serializer': () => new Keyv({ serialize: undefined, deserialize: undefined }),
  'a Keyv with compression': () => new Keyv({ compression }),
  'a Keyv without a namespace': () => new Keyv({ namespace: undefined }),
  'a Keyv with a namespace like a key': () => new Keyv({ namespace: 'a:b' }),
};

describe.each(Object.entries(IN_PROCESS))('KeyvBackend on %s keeps the promises', (_, make) => {
  prove(
    backendConformance({
      create: () => new KeyvBackend({ store: make() }),
      capabilities: ['patterns', 'ttl', 'closable'],
    }),
  );
});

describe('KeyvBackend on @keyv/redis keeps the promises of the contract', () => {
  let server: RedisServer;
  let closedPort: number;
  let made = 0;

  beforeAll(async () => {
    server = await RedisServer.start();
    closedPort = await freePort();
  });
  afterAll(() => server.stop());

  const capabilities = ['patterns', 'ttl', 'batch', 'closable'] as const;
  const down = (): KeyvBackend => {
    const socket = { host: '127.0.0.1', port: closedPort, reconnectStrategy: false } as const;
    return new KeyvBackend({ store: () => new KeyvRedis({ socket }) });
  };

  prove(
    backendConformance({
      create: () =>
        new KeyvBackend({
          store: () => new Keyv({ store: new KeyvRedis(server.url), namespace: `case${made++}` }),
        }),
      down,
      capabilities,
    }),
  );

  describe('as a bare adapter with a namespace of its own', () => {
    prove(
      backendConformance({
        create: () =>
          new KeyvBackend({
            store: () => new KeyvRedis(server.url, { namespace: `case${made++}` }),
          }),
        capabilities,
      }),
    );
  });
});

function prove(cases: readonly ConformanceCase[]): void {
  it.each(cases)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
}
