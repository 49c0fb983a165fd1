import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import type { RedisBackendOptions } from '../../../lib/backends/redis/redis-options.js';
import { backendConformance } from '../../../lib/testing/backend-conformance.js';
import { freePort } from '../../support/free-port.js';
import { PATIENT } from '../../support/patience.js';

/** What a suite runs against. */
interface Surroundings {
  readonly connect: RedisBackendOptions;
  stop(): Promise<void>;
}

/** The published conformance suite, in prefixes of their own on one server or cluster. */
export function describeConformance(way: string, start: () => Promise<Surroundings>): void {
  describe(`RedisBackend ${way} keeps the promises of the contract`, () => {
    let surroundings: Surroundings;
    let closedPort: number;
    let made = 0;

    beforeAll(async () => {
      surroundings = await start();
      closedPort = await freePort();
    });
    afterAll(() => surroundings.stop());

    const cases = backendConformance({
      create: () =>
        new RedisBackend({ ...surroundings.connect, prefix: `case${made++}:`, ...PATIENT }),
      down: () => new RedisBackend({ options: { port: closedPort } }),
      capabilities: ['patterns', 'ttl', 'batch', 'fenced', 'closable'],
    });
    it.each(cases)('$name', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });
}
