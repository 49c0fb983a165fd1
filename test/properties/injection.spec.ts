import { Injectable } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { BackendError, CacheTierError, InvalidOptionError } from '../../lib/contract/errors.js';
import { quote } from '../../lib/contract/quote.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import type { TieredCache } from '../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { CacheEvict } from '../../lib/nest/decorators/cache-evict.decorator.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { recordEvents, remoteBackend, twoTiers } from '../core/helpers.js';
import { NestApps } from '../nest/support/nest-apps.js';
import { RedisServer } from '../support/redis-server.js';
import { anyText, CONTROLS, meaningfulText, Thrown, validKey } from './arbitraries.js';
import { outcomeOf, watchRejections, demand } from './canary.js';
import { PATIENT } from '../support/patience.js';

watchRejections();

/** How a key stands in Redis, by what is documented of it. */
function storedName(key: string, path: string): string {
  const encoded = (path === '' ? `app::${key}` : `app:${path}::${key}`).replace(
    /[%{}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `cache-tier:{${encoded}}`;
}

/** The namespace of a cache at the end of a path. */
function spaceOf(cache: TieredCache, path: string): TieredCache {
  return path
    .split(':')
    .reduce((space, name) => (name === '' ? space : space.namespace(name)), cache);
}

describe('keys in Redis', () => {
  let server: RedisServer;
  let cache: TieredCache;

  beforeAll(async () => {
    server = await RedisServer.start();
    cache = createTieredCache({
      namespace: 'app',
      tiers: [redisTier({ url: server.url, ...PATIENT })],
    });
    await server.call('SET', 'foreign', 'untouched');
    await server.call('SET', 'cache-tier:{other::a}', 'untouched');
  });

  afterAll(async () => {
    await cache.close();
    await server.stop();
  });

  it('are stored byte for byte, each apart, and no command comes out of them', async () => {
    const spaces = ['', 'a', 'a:b'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(validKey, { minLength: 2, maxLength: 6 }),
        fc.constantFrom(...spaces),
        async (keys, path) => {
          for (const space of spaces) {
            await spaceOf(cache, space).setMany(keys.map((key) => [key, `${space} ${key}`]));
          }
          const expected = spaces.flatMap((space) => keys.map((key) => storedName(key, space)));
          const names = (await server.call('KEYS', 'cache-tier:{app:*')) as string[];
          expect(names.filter((name) => !name.endsWith('}:l')).toSorted()).toEqual(
            expected.toSorted(),
          );
          const [gone = ''] = keys;
          await spaceOf(cache, path).remove(gone);
          expect(await server.call('EXISTS', storedName(gone, path))).toBe(0);
          for (const space of spaces) {
            for (const key of keys) {
              const isGone = space === path && key === gone;
              expect(await spaceOf(cache, space).get(key)).toBe(
                isGone ? undefined : `${space} ${key}`,
              );
            }
          }
          await spaceOf(cache, path).invalidateTags(
            keys.filter((key) => key.length <= 256 && !key.includes('\0')),
          );
          for (const space of spaces) await spaceOf(cache, space).removeMany(keys);
          expect(await server.call('GET', 'foreign')).toBe('untouched');
          expect(await server.call('GET', 'cache-tier:{other::a}')).toBe('untouched');
        },
      ),
      { numRuns: 25 },
    );
  });

  it('cannot be told from one another by a tag, a pattern or the end of a name', async () => {
    const keys = [
      'a',
      'a}',
      'a}:l',
      '{a}',
      'a:l',
      '%7D',
      '}',
      'a\0',
      'a\r\n',
      ':a',
      '::a',
      'b::a',
      '*',
      '?',
      'a\\',
    ];
    const [other] = [cache.namespace('b')];
    for (const key of keys) {
      await cache.setMany(keys.map((each) => [each, each]));
      await other?.setMany(keys.map((each) => [each, each]));
      await cache.remove(key);
      expect([...(await cache.getMany(keys)).keys()]).toEqual(keys.filter((each) => each !== key));
      expect((await other?.getMany(keys))?.size).toBe(keys.length);
    }
    await other?.clear();
    expect((await other?.getMany(keys))?.size).toBe(0);
    expect((await cache.getMany(keys)).size).toBe(keys.length - 1);
  });
});

describe('what somebody else has written', () => {
  it('is never shown with its control characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = quote(text);
        expect(shown).not.toMatch(CONTROLS);
        expect(shown.length).toBeLessThan(600);
        expect(new InvalidOptionError(text, text).message).not.toMatch(CONTROLS);
        expect(new BackendError(text, 'get', text).message).not.toMatch(CONTROLS);
      }),
      { numRuns: 150 },
    );
  });

  it('is in no message of a cache: not names of tiers, of keys, of tags, nor errors of backends', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(meaningfulText.filter(Boolean), anyText, async (name, text) => {
        const clock = new ManualClock();
        const remote = remoteBackend(clock, name);
        const cache = createTieredCache({ clock, tiers: [customTier({ useValue: remote })] });
        const events = recordEvents(cache);
        remote.fail(new Thrown(), 'setWithTtl', 'setMany');
        for (const call of [
          () => cache.set('a', 1),
          () => cache.set(text, 1),
          () => cache.set('a', 1, { tags: [text, ''] }),
          () => cache.set('a', 1, { [text]: 1 }),
          () => cache.set('a', 1, { ttl: text as '1s' }),
          () => cache.removePattern(`${text}\\`),
          () => cache.namespace(text),
          () => cache.backend(text),
        ]) {
          // Fails the test for a message with raw control characters.
          await outcomeOf(call);
        }
        for (const event of events) {
          if ('error' in event && event.error instanceof CacheTierError) {
            demand(event.error.message).not.toMatch(CONTROLS);
          }
        }
        await cache.close();
      }),
      { numRuns: 40 },
    );
  });

  it('is not in a path of a value that is refused', async () => {
    const { cache } = twoTiers();
    await fc.assert(
      fc.asyncProperty(anyText, async (name) => {
        const value = Object.fromEntries([[name, { inner: (): void => undefined }]]);
        const { error } = await outcomeOf(() => cache.set('a', value));
        expect(error).toMatchObject({ code: 'SERIALIZATION' });
        await outcomeOf(() => cache.set('a', new Map([[name, (): void => undefined]])));
      }),
      { numRuns: 40 },
    );
    await cache.close();
  });
});

describe("Nest's log", () => {
  const apps = new NestApps();
  afterEach(() => apps.closeAll());

  it('holds one plain line for an eviction that a tier could not carry out', async () => {
    @Injectable()
    class Service {
      @CacheEvict({ key: (key: string) => key })
      async change(_key: string): Promise<number> {
        return 1;
      }
    }
    const remote = remoteBackend(new ManualClock(), 'remote\r\n\u001b[31mforged');
    remote.fail(new Thrown(), 'remove', 'removeMany');
    const tiers = [customTier({ useValue: remote })];
    const app = await apps.start({
      imports: [CacheTierModule.forRoot({ tiers })],
      providers: [Service],
    });
    await fc.assert(
      fc.asyncProperty(validKey, async (key) => {
        expect(await app.get(Service).change(key)).toBe(1);
      }),
      { numRuns: 30 },
    );
    expect(apps.log.errors.length).toBeGreaterThan(0);
    expect(apps.log.errors.filter((line) => CONTROLS.test(line))).toEqual([]);
  });
});
