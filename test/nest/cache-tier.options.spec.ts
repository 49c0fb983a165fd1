import { afterEach, describe, expect, it } from '@jest/globals';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import type {
  CacheTierAsyncOptions,
  CacheTierModuleOptions,
  CacheTierRootOptions,
} from '../../lib/nest/cache-tier.options.js';
import { NestApps } from './support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

/** Options that no cache can have, with what the error says. */
const badOptions: readonly (readonly [what: string, options: object | null, message: string])[] = [
  ['an unknown option', { tll: 1 }, 'Option "tll": there is no such option; there are namespace'],
  ['a bad ttl', { ttl: 0 }, 'Option "ttl": 0 is not a ttl'],
  ['an unknown strategy', { ttl: 'forever' }, 'Option "ttl": "forever" is not a ttl'],
  ['a bad negativeTtl', { negativeTtl: -1 }, 'Option "negativeTtl": -1 is not a ttl'],
  ['a bad namespace', { namespace: 'a b' }, 'Option "namespace": is 1 to 64 characters'],
  ['a bad copy', { copy: 'deep' }, 'Option "copy": is one of freeze, clone, none; got "deep"'],
  ['a bad maxKeyLength', { maxKeyLength: 0 }, 'Option "maxKeyLength": is a whole number'],
  ['a bad memory option', { memory: { maxEntries: 0 } }, 'Option "memory.maxEntries": is a whole'],
  ['memory: true', { memory: true }, 'Option "memory": is an object of options; got true'],
  ['an unknown memory option', { memory: { max: 5 } }, 'Option "memory.max": there is no such'],
  ['a bad redis option', { redis: { timeout: '1s' } }, 'Option "redis.timeout": is a whole number'],
  ['no tier at all', { memory: false }, 'Option "memory": false leaves no tier'],
  ['an empty list of tiers', { tiers: [] }, 'Option "tiers": is a list of one tier at least'],
  [
    'tiers beside memory',
    { tiers: [mapTier()], memory: {} },
    'Option "tiers": takes the place of "memory" and "redis"',
  ],
  [
    'two tiers of one name',
    { tiers: [mapTier(), mapTier()] },
    'Option "tiers": two are called "map": give one another "name"',
  ],
  [
    'levels that do not ascend',
    { tiers: [memoryTier({ level: 2 }), mapTier({ level: 1 })] },
    'Option "tiers[1].level": levels ascend',
  ],
  ['options that are none', null, 'Option "options": is an object of options; got null'],
];

describe('CacheTierModule.forRoot', () => {
  it.each(badOptions)('throws at once for %s, and names the option', (_, options, message) => {
    expect(() => CacheTierModule.forRoot(options as CacheTierRootOptions)).toThrow(message);
  });

  it.each([
    ['a name that is no text', { name: '' }, 'Option "name": is a non-empty string'],
    ['a name that cannot be the namespace', { name: 'a b' }, 'Option "name": is 1 to 64'],
    ['isGlobal that is no flag', { isGlobal: 'false' }, 'Option "isGlobal": is true or false'],
    ['an option of forRootAsync', { useFactory: () => ({}) }, 'Option "useFactory": there is no'],
  ])('throws at once for %s', (_, options: object, message) => {
    expect(() => CacheTierModule.forRoot(options)).toThrow(message);
  });
});

/** Starts an application with the options that a factory makes, of whatever type. */
function startWith(factory: () => object | null) {
  const useFactory = factory as () => CacheTierModuleOptions;
  return apps.start({ imports: [CacheTierModule.forRootAsync({ useFactory })] });
}

describe('CacheTierModule.forRootAsync', () => {
  it.each(badOptions)(
    'fails the start for %s, and names the option',
    async (_, options, message) => {
      await expect(startWith(() => options)).rejects.toThrow(message);
    },
  );

  it('fails the start with the error of the factory', async () => {
    await expect(startWith(() => Promise.reject(new Error('no vault')))).rejects.toThrow(
      'no vault',
    );
  });

  it('does not take its own options from the factory', async () => {
    await expect(startWith(() => ({ name: 'sessions' }))).rejects.toThrow(
      'Option "name": there is no such option',
    );
  });

  it.each([
    ['no way to make them', {}, 'needs exactly one of useFactory, useClass, useExisting'],
    [
      'two ways to make them',
      { useFactory: () => ({}), useExisting: 'factory' },
      'needs exactly one of useFactory, useClass, useExisting',
    ],
    ['an unknown option', { useValue: {} }, 'Option "useValue": there is no such option'],
    ['isGlobal that is no flag', { useFactory: () => ({}), isGlobal: 1 }, 'Option "isGlobal"'],
    ['a name that is no text', { useFactory: () => ({}), name: 5 }, 'Option "name"'],
  ])('throws at once for %s', (_, options: object, message) => {
    expect(() => CacheTierModule.forRootAsync(options as CacheTierAsyncOptions)).toThrow(message);
  });
});
