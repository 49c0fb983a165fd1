import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { guardRejections, tierStats } from '../core/helpers.js';
import { RedisServer } from '../support/redis-server.js';
import { answersReads, joined, recovers, removes } from './after-fault.js';
import { Instances, WATCHFUL } from './helpers.js';
import { eventually } from '../support/patience.js';

guardRejections();

describe('a Redis that is out of memory, and evicts nothing', () => {
  let server: RedisServer;
  const instances = new Instances(WATCHFUL);

  beforeEach(async () => {
    server = await RedisServer.start({ args: ['--maxmemory-policy', 'noeviction'] });
  });
  afterEach(async () => {
    await instances.close();
    await server.stop();
  });

  async function pair() {
    const made = [instances.create(server.url), instances.create(server.url)] as const;
    await joined(...made);
    return made;
  }

  it('answers what it holds; what it does not take is loaded', async () => {
    const [one, two] = await pair();
    await one.set('kept', 'value', { ttl: '1h' });
    await server.call('CONFIG', 'SET', 'maxmemory', '1');
    for (let round = 0; round < 5; round++) await answersReads(one, round);
    const [third] = [instances.create(server.url)];
    expect(await third?.get('kept')).toBe('value');
    await expect(one.set('more', 'value')).rejects.toMatchObject({ code: 'BACKEND' });
    expect(await two.get('more')).toBeUndefined();
    await server.call('CONFIG', 'SET', 'maxmemory', '0');
    await removes(one);
    await recovers(one, two);
  });

  it('has removals, and invalidations of tags, patterns and everything, carried out at once', async () => {
    const [one, two] = await pair();
    const changes = [
      () => one.remove('key'),
      () => one.invalidateTags(['tag']),
      () => one.removePattern('k*'),
      () => one.clear(),
    ];
    for (const change of changes) {
      await one.set('key', 'old', { ttl: '1h', tags: ['tag'] });
      expect(await two.get('key')).toBe('old');
      await server.call('CONFIG', 'SET', 'maxmemory', '1');
      await change();
      await eventually(() => two.peek('key') === undefined);
      expect(await two.get('key')).toBeUndefined();
      await server.call('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect(one.stats().coherence).toMatchObject({ pending: 0 });
    await recovers(one, two);
  });

  it('is not given up: what it holds is answered, however much it does not take', async () => {
    const [one] = await pair();
    await one.set('kept', 'value', { ttl: '1h' });
    await server.call('CONFIG', 'SET', 'maxmemory', '1');
    const third = instances.create(server.url);
    await third.healthCheck();
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => third.getOrCompute(`miss ${n}`, () => 'loaded')),
    );
    expect(tierStats(third, 'redis')).toMatchObject({ refused: 0, breaker: { opened: 0 } });
    expect(await third.get('kept')).toBe('value');
  });
});
