import { expect, it, jest } from '@jest/globals';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { MissingPeerError } from '../../../lib/contract/errors.js';
import { failureOf } from './helpers.js';

jest.unstable_mockModule('ioredis', () => {
  throw new Error("Cannot find package 'ioredis'");
});

it('says what to install when ioredis is missing, at the first use and at later ones', async () => {
  const backend = new RedisBackend();

  for (const call of [() => backend.get('key'), () => backend.connect()]) {
    const error = await failureOf(call());
    expect(error).toBeInstanceOf(MissingPeerError);
    expect(String(error)).toContain('npm install ioredis');
  }
  expect(await backend.healthCheck()).toBe(false);
  await backend.close();
});
