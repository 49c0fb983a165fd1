import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import type { RedisBackendOptions } from '../../../lib/backends/redis/redis-options.js';
import { PATIENT } from '../../support/patience.js';
import { RedisServer } from '../../support/redis-server.js';

export const ANN = 'token-of-ann-001';
export const BOB = 'token-of-bob-002';
export const CID = 'token-of-cid-003';
export const LONG = 60_000;
export const OLD = Buffer.from('old');
export const NEW = Buffer.from('new');

/** Two instances on one server, each with a connection of its own, for the tests of a file. */
export class FenceInstances {
  #server: RedisServer | undefined;
  #admin: Redis | undefined;
  readonly #backends: RedisBackend[] = [];

  constructor() {
    beforeAll(async () => {
      this.#server = await RedisServer.start();
    });
    beforeEach(() => {
      this.#admin = new Redis(this.server.port);
      this.connect();
      this.connect();
    });
    afterEach(async () => {
      await Promise.all(this.#backends.splice(0).map((backend) => backend.close()));
      await this.admin.flushall();
      this.admin.disconnect();
    });
    afterAll(() => this.server.stop());
  }

  get server(): RedisServer {
    return there(this.#server);
  }

  /** Somebody else's connection. */
  get admin(): Redis {
    return there(this.#admin);
  }

  get first(): RedisBackend {
    return there(this.#backends[0]);
  }

  get second(): RedisBackend {
    return there(this.#backends[1]);
  }

  /** One more instance. */
  connect(options: RedisBackendOptions = {}): RedisBackend {
    const backend = new RedisBackend({ url: this.server.url, ...PATIENT, ...options });
    this.#backends.push(backend);
    return backend;
  }
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing has been started yet');
  return value;
}

export async function textOf(backend: RedisBackend, key: string): Promise<string | undefined> {
  const found = await backend.getFenced(key);
  return found && Buffer.from(found.value).toString();
}
