import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppProcess } from '../../../../test/support/app-process.js';
import { buildBefore, changedLines } from '../support/app-before.js';
import { Client } from '../support/client.js';

const AFTER = resolve(import.meta.dirname, '../../dist/main.js');

it('two lines name this package, and nothing else of the app does', () => {
  expect(changedLines()).toEqual([
    "app.module.ts: import { CacheInterceptor, CacheModule } from 'nestjs-cache-tier/compat';",
    "cities.controller.ts: import { CACHE_MANAGER, Cache, CacheKey, CacheTTL } from 'nestjs-cache-tier/compat';",
  ]);
});

const versions = {
  'with @nestjs/cache-manager': { main: buildBefore, sharesRuns: false, secondGreeting: ['alice'] },
  'with nestjs-cache-tier/compat': { main: () => AFTER, sharesRuns: true, secondGreeting: ['bob'] },
};

describe.each(Object.entries(versions))('the app %s', (_, { main, sharesRuns, secondGreeting }) => {
  let app: AppProcess;
  let client: Client;

  beforeAll(async () => {
    app = await AppProcess.start(main());
    client = new Client(await app.ready());
  });
  afterAll(() => app?.kill());

  it('answers the second request from the cache, and says so', async () => {
    expect(await client.header('/cities?first', 'x-cache')).toBe('MISS');
    expect(await client.header('/cities?first', 'x-cache')).toBe('HIT');
    const first = await client.get('/cities');
    expect(await client.get('/cities')).toEqual(first);
  });

  it('takes the key of @CacheKey, and finds what was wrapped by hand', async () => {
    const largest = await client.get('/largest');
    expect(await client.get('/largest?other=url')).toEqual(largest);
    expect(await client.get<string[]>('/names/B')).toEqual(['Bern', 'Bergen']);
    expect(await client.get<string[]>('/names/B?again')).toEqual(['Bern', 'Bergen']);
  });

  it('finds what was added, after the keys were deleted', async () => {
    await client.get('/cities');
    await client.add('Lima');
    expect((await client.get('/cities')).names).toContain('Lima');
    expect((await client.get('/largest')).names).toEqual(['Lima']);
  });

  it(`asks the service ${sharesRuns ? 'once' : 'several times'} for twenty equal requests at once`, async () => {
    const path = '/cities?at-once';
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.get(path)));
    const runs = new Set(answers.map(({ reads }) => reads)).size;
    expect(runs > 1).toBe(!sharesRuns);
  });

  it(`greets ${secondGreeting.join()} when alice has asked, and then bob`, async () => {
    const alice = await client.get('/me', { authorization: 'alice' });
    expect(alice.names).toEqual(['alice']);
    const second = await client.get('/me', { authorization: 'bob' });
    expect(second.names).toEqual(secondGreeting);
  });

  it('ends when it is told to, and has nothing to complain of', async () => {
    await app.stop();
    expect(app.output).not.toMatch(/error/i);
  });
});
