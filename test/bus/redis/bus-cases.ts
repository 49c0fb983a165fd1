import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busConformance } from '../../../lib/testing/bus-conformance.js';
import { RedisServer } from '../../support/redis-server.js';
import { RedisBusWorld } from './redis-bus-world.js';

/** The conformance of the bus with whichever ioredis is installed. */
export function describeConformance(version: string): void {
  describe(`RedisBus on ioredis ${version}`, () => {
    let server: RedisServer;

    beforeAll(async () => {
      server = await RedisServer.start();
    });

    afterAll(async () => {
      await server.stop();
    });

    const faults = ['sever', 'flush', 'trim', 'rollBack'] as const;
    const create = (): RedisBusWorld => new RedisBusWorld(server);
    it.each(busConformance({ create, faults, patience: 30_000 }))('$name', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });
}
