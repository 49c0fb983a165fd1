import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { guardRejections, recordEvents } from '../core/helpers.js';
import { readPage } from '../docs/pages.js';
import { RedisServer } from '../support/redis-server.js';
import { Instances, share } from './helpers.js';
import { eventually } from '../support/patience.js';

guardRejections();

describe('a Redis user with the rights that the documentation names', () => {
  let server: RedisServer;
  const instances = new Instances();

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  afterEach(() => instances.close());

  it('can do all that a cache does, and nothing with the keys of others', async () => {
    const [line = ''] = /^ACL SETUSER .*$/m.exec(readPage('docs/redis.md')) ?? [];
    const [command = '', ...args] = line.split(' ');
    await server.call(command, ...args);
    const url = `redis://cache:password@127.0.0.1:${server.port}`;
    const one = instances.create(url);
    const two = instances.create(url);
    const events = [one, two].map((cache) => recordEvents(cache));
    for (const cache of [one, two]) expect((await cache.healthCheck()).status).toBe('up');
    for (const change of [
      () => one.remove('key'),
      () => one.removeMany(['key', 'b'], { holdFor: 1 }),
      () => one.invalidateTags(['tag']),
      () => one.removePattern('k*'),
      () => one.clear(),
    ]) {
      await share([one, two], 'key', 'old', { tags: ['tag'] });
      await change();
      await eventually(() => two.peek('key') === undefined);
      const callers = [one, two].map((cache) => cache.getOrCompute('lazy', () => 'value'));
      expect(await Promise.all(callers)).toEqual(['value', 'value']);
    }
    expect(one.stats().coherence).toMatchObject({ gaps: 0, resyncs: 0, pending: 0 });
    expect(events.flat().filter(({ type }) => type === 'tierError')).toEqual([]);

    const other = instances.create(url, { prefix: 'other:' });
    await expect(other.set('key', 'value')).rejects.toMatchObject({ backend: 'redis' });
  });
});
