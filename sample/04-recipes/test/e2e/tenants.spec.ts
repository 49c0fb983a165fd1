import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/support/patience.js';
import { RedisServer } from '../../../../test/support/redis-server.js';
import { SettingsModule } from '../../src/tenants/settings.module.js';
import { SettingsStore, type Settings } from '../../src/tenants/settings-store.js';
import { TenantCaches } from '../../src/tenants/tenant-caches.js';
import { Recipe } from '../support/recipe.js';

const TENANTS = ['acme', 'acme-east', 'globex'];

describe('the recipe for tenants', () => {
  let store: SettingsStore;
  let find: jest.SpiedFunction<SettingsStore['find']>;
  let running: { stop(): Promise<void> }[];

  beforeEach(() => {
    store = new SettingsStore();
    find = jest.spyOn(store, 'find');
    running = [];
  });

  afterEach(async () => {
    for (const one of running.toReversed()) await one.stop();
  });

  /** An instance; those of a test share the database. */
  async function start(redisUrl?: string): Promise<Recipe> {
    const recipe = await Recipe.start(SettingsModule, {
      ...(redisUrl !== undefined && { redisUrl }),
      override: (builder) => builder.overrideProvider(SettingsStore).useValue(store),
    });
    running.push(recipe);
    return recipe;
  }

  it('answers each tenant with their own, however they come, and loads once for each', async () => {
    const recipe = await start();
    find.mockImplementation(async (tenant) => {
      for (let turn = 0; turn < 20; turn++) await nextTurn();
      return { tenant, theme: `that of ${tenant}` };
    });

    const asked = Array.from({ length: 60 }, (_, i) => TENANTS[i % TENANTS.length] ?? '');
    const answers = await Promise.all(asked.map((tenant) => settings(recipe, tenant)));

    expect(answers).toEqual(asked.map((tenant) => ({ tenant, theme: `that of ${tenant}` })));
    expect(find.mock.calls.flat().toSorted()).toEqual(TENANTS);
  });

  it('answers no old settings after a change, and changes those of one tenant', async () => {
    const recipe = await start();
    for (const tenant of TENANTS) await settings(recipe, tenant);

    await setTheme(recipe, 'acme', 'dark');

    const themes = await Promise.all(TENANTS.map((tenant) => settings(recipe, tenant)));
    expect(themes.map(({ theme }) => theme)).toEqual(['dark', 'light', 'light']);
    expect(find.mock.calls.flat()).toEqual([...TENANTS, 'acme']);
  });

  it('clears one tenant, and leaves the others, also one whose name begins with theirs', async () => {
    const recipe = await start();
    for (const tenant of TENANTS) await settings(recipe, tenant);

    await recipe.http.delete('/cache').set(keyOf('acme')).expect(204);

    for (const tenant of TENANTS) await settings(recipe, tenant);
    expect(find.mock.calls.flat()).toEqual([...TENANTS, 'acme']);
  });

  it.each([['nobody'], ['acme, key-of-globex'], ['__proto__'], ['']])(
    'answers 401 to a request with the key of %j, and caches nothing',
    async (name) => {
      const recipe = await start();
      await recipe.http.get('/settings').set(keyOf(name)).expect(401);
      await recipe.http.delete('/cache').expect(401);
      expect(find).not.toHaveBeenCalled();
      expect(recipe.cache.stats().loads).toBe(0);
    },
  );

  it.each(['', 'Acme', 'a:b', 'a/../b', 'acme ', '__proto__', '-a', 'a\n', 'é', 'a'.repeat(32)])(
    'takes %j for no tenant',
    async (id) => {
      const caches = (await start()).app.get(TenantCaches);
      expect(() => caches.of(id)).toThrow(RangeError);
    },
  );

  it('with Redis, clears one tenant on every instance', async () => {
    const redis = await RedisServer.start();
    running.push(redis);
    const one = await start(redis.url);
    const other = await start(redis.url);
    const caches = other.app.get(TenantCaches);
    await eventually(async () => {
      for (const tenant of TENANTS) await settings(other, tenant);
      return TENANTS.every((tenant) => caches.of(tenant).peek('settings') !== undefined);
    });
    // Behind the cache's back: whoever loads finds it.
    for (const tenant of TENANTS) await store.save({ tenant, theme: 'dark' });

    await one.http.delete('/cache').set(keyOf('acme')).expect(204);

    await eventually(async () => (await settings(other, 'acme')).theme === 'dark');
    expect(caches.of('acme-east').peek('settings')).toMatchObject({ theme: 'light' });
    expect(caches.of('globex').peek('settings')).toMatchObject({ theme: 'light' });
  });
});

function keyOf(tenant: string): Record<string, string> {
  return { 'x-api-key': `key-of-${tenant}` };
}

async function settings(recipe: Recipe, tenant: string): Promise<Settings> {
  const { body } = await recipe.http.get('/settings').set(keyOf(tenant)).expect(200);
  return body as Settings;
}

async function setTheme(recipe: Recipe, tenant: string, theme: string): Promise<void> {
  await recipe.http.put('/settings/theme').set(keyOf(tenant)).send({ theme }).expect(204);
}
