import { describe, expect, it } from '@jest/globals';
import { mapTier } from '../../lib/backends/map/map-tier.js';
import { memoryTier } from '../../lib/backends/memory/memory-tier.js';
import { redisTier } from '../../lib/backends/redis/redis-tier.js';
import { CacheTierError, InvalidOptionError, InvalidTtlError } from '../../lib/contract/errors.js';
import type { TierDefinition } from '../../lib/contract/tier-definition.js';
import {
  CACHE_OPTIONS,
  createTieredCache,
  type TieredCacheOptions,
} from '../../lib/core/create-tiered-cache.js';
import { customTier } from '../../lib/core/tiers/custom-tier.js';
import { CacheTierModule } from '../../lib/nest/cache-tier.module.js';
import { ASYNC_OPTIONS, ROOT_OPTIONS } from '../../lib/nest/cache-tier.options.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { remoteBackend } from '../core/helpers.js';
import { freePort } from '../support/free-port.js';
import { hostiles } from './arbitraries.js';
import { Canary, expectPresentable, watchRejections, demand } from './canary.js';

watchRejections();

const POLICY = [
  'name',
  'preset',
  'level',
  'ttlScale',
  'promotion',
  'readTimeout',
  'writeTimeout',
  'breaker',
  'writeMode',
  'maxPending',
  'maxEntryBytes',
  'compression',
  'encryption',
];

/** A way to give an option, and what comes of it where it is taken. */
type Give = (option: string, value: unknown) => unknown;

/** The options of what makes a definition, and those inside them. */
const definitions: readonly (readonly [title: string, options: readonly string[], give: Give])[] = [
  [
    'memoryTier',
    [...POLICY, 'maxEntries', 'maxBytes', 'ttl', 'idle'],
    (option, value) => memoryTier({ [option]: value }),
  ],
  ['mapTier', POLICY, (option, value) => mapTier({ [option]: value })],
  [
    'redisTier',
    [
      ...POLICY,
      'url',
      'options',
      'client',
      'prefix',
      'timeout',
      'scanCount',
      'logLength',
      'maxTags',
      'origin',
    ],
    (option, value) => redisTier({ [option]: value }),
  ],
  [
    'customTier',
    [...POLICY, 'codec'],
    (option, value) => customTier({ useValue: remoteBackend(new ManualClock()), [option]: value }),
  ],
  [
    'customTier of nothing else',
    ['useValue', 'useClass', 'useExisting', 'useFactory'],
    (option, value) => customTier({ [option]: value } as never),
  ],
  [
    'breaker',
    ['failures', 'probeEvery'],
    (option, value) =>
      customTier({
        useValue: remoteBackend(new ManualClock()),
        breaker: { [option]: value },
      }),
  ],
];

/** What a refusal has to name: the option that it is about. */
function expectNamed(error: CacheTierError, option: string, title: string): void {
  expectPresentable(error);
  const named = error instanceof InvalidOptionError ? error.option : error.message;
  expect([title, named]).toEqual([title, expect.stringContaining(option)]);
  if (!(error instanceof InvalidOptionError)) demand(error).toBeInstanceOf(InvalidTtlError);
}

/** Whatever values an option is given, it is refused by its name, or what comes of it goes on to `use`. */
async function attack(
  option: string,
  make: (value: unknown) => unknown,
  use: (made: unknown) => Promise<void>,
  values = hostiles,
): Promise<void> {
  for (const { title, make: makeValue } of values) {
    let made: unknown;
    try {
      made = make(makeValue());
    } catch (error) {
      if (!(error instanceof CacheTierError)) throw error;
      expectNamed(error, option, title);
      continue;
    }
    await use(made);
  }
}

async function expectWorking(options: object): Promise<void> {
  const cache = createTieredCache(options as TieredCacheOptions);
  try {
    const canary = await Canary.in(cache);
    await canary.expectAlive();
  } finally {
    await cache.close();
  }
}

describe('createTieredCache', () => {
  it.each(CACHE_OPTIONS)(
    'works with what it is given as %s, or refuses it by name',
    async (option) => {
      expect.hasAssertions();
      const tiers = [memoryTier()];
      for (const { title, make } of hostiles) {
        const value = make();
        try {
          await expectWorking({ tiers, [option]: value });
        } catch (error) {
          if (!(error instanceof CacheTierError)) throw error;
          expectNamed(error, option, title);
        }
      }
    },
  );

  it.each(['staleness', 'whenUnverified', 'maxUnverified', 'bus'])(
    'works with what it is given as coherence.%s, or refuses it by name',
    async (option) => {
      expect.hasAssertions();
      for (const { title, make } of hostiles) {
        const coherence = { [option]: make() };
        try {
          await expectWorking({ tiers: [memoryTier()], coherence });
        } catch (error) {
          if (!(error instanceof CacheTierError)) throw error;
          expectNamed(error, `coherence.${option}`, title);
        }
      }
    },
  );

  it('refuses options that are none, and options that it does not have', () => {
    for (const { title, make } of hostiles) {
      expect(() => createTieredCache(make() as TieredCacheOptions)).toThrow(InvalidOptionError);
      const name = title;
      const unknown = { tiers: [memoryTier()], [name]: make() };
      expect(() => createTieredCache(unknown)).toThrow(InvalidOptionError);
    }
    const forged = JSON.parse('{ "__proto__": 1 }') as object;
    expect(() => createTieredCache({ tiers: [memoryTier()], ...forged })).toThrow(
      'Option "__proto__": there is no such option',
    );
  });

  it('refuses tiers that are none, in whatever place of the list', () => {
    expect.hasAssertions();
    for (const { title, make } of hostiles) {
      for (const tiers of [make(), [make()], [memoryTier(), make()]]) {
        const error = errorOf(() => createTieredCache({ tiers: tiers as TierDefinition[] }));
        expectNamed(error, 'tiers', title);
      }
    }
    const holes: TierDefinition[] = [];
    holes[1] = memoryTier();
    expectNamed(
      errorOf(() => createTieredCache({ tiers: holes })),
      'tiers[0]',
      'a hole',
    );
  });

  it('refuses parts of tiers that are none', async () => {
    expect.hasAssertions();
    for (const part of ['source', 'policy', 'defaultName', 'codec', 'bus']) {
      for (const { title, make } of hostiles) {
        // What a function of the caller's throws, it is to see.
        if (part === 'bus' && /function|class/.test(title)) continue;
        const tiers = [{ ...memoryTier(), [part]: make() }];
        try {
          await expectWorking({ tiers });
        } catch (error) {
          if (!(error instanceof CacheTierError)) throw error;
          expectNamed(error, 'tiers[0]', title);
        }
      }
    }
  });

  it('refuses what is no backend, and names its tier', async () => {
    for (const { title, make } of hostiles) {
      for (const source of [
        { create: make },
        { useFactory: make },
        { useClass: makeClass(make) },
      ]) {
        const tiers = [{ ...memoryTier(), source }] as never;
        const error = errorOf(() => createTieredCache({ tiers }));
        expectNamed(error, 'tiers[0]', title);
      }
    }
    const tiers = [customTier({ useFactory, name: 'later' })];
    expect(() => createTieredCache({ tiers })).toThrow(InvalidOptionError);
  });
});

function useFactory(): Promise<never> {
  return Promise.reject(new TypeError('nobody waits for it'));
}

function makeClass(make: () => unknown): unknown {
  return function Made(): unknown {
    const made = make();
    // Only objects take the place of what is constructed.
    return Object(made) === made ? made : undefined;
  };
}

function errorOf(call: () => unknown): CacheTierError {
  try {
    call();
  } catch (error) {
    if (error instanceof CacheTierError) return error;
    throw error;
  }
  throw new TypeError('nothing was refused');
}

describe.each(definitions)('%s', (maker, options, give) => {
  it.each(options)('works with what it is given as %s, or refuses it by name', async (option) => {
    expect.hasAssertions();
    await attack(
      // Without any source it is not known which one was meant.
      maker === 'customTier of nothing else' ? 'customTier' : option,
      (value) => give(option, value),
      async (made) => {
        // What would connect somewhere is not used here.
        if (maker === 'redisTier' && ['url', 'options', 'client'].includes(option)) return;
        const definition = made as TierDefinition;
        const dead = { create: () => remoteBackend(new ManualClock()) };
        const source = maker === 'redisTier' ? dead : definition.source;
        try {
          await expectWorking({ tiers: [{ ...definition, source }], clock: new ManualClock() });
        } catch (error) {
          if (!(error instanceof CacheTierError)) throw error;
          expectNamed(error, 'tiers[0]', option);
        }
      },
    );
  });

  it('refuses options that are none, and options that it does not have', () => {
    expect.hasAssertions();
    if (maker === 'breaker') return;
    const makers: Readonly<Record<string, (options: never) => unknown>> = {
      memoryTier,
      mapTier,
      redisTier,
      customTier,
    };
    const make = makers[maker] ?? customTier;
    for (const { title, make: makeOptions } of hostiles) {
      const given = makeOptions();
      const isEmpty = given === undefined || title === 'an empty object';
      if (isEmpty && maker !== 'customTier') continue;
      const { error } = outcome(() => make(given as never));
      if (error === undefined) demand([title, Object.keys(given as object)]).toEqual([title, []]);
      else expectNamed(error, maker.replace(/Tier.*$/, ''), title);
    }
  });
});

function outcome(call: () => unknown): { readonly error?: CacheTierError } {
  try {
    call();
    return {};
  } catch (error) {
    if (error instanceof CacheTierError) return { error };
    throw error;
  }
}

describe('the options of ioredis', () => {
  // A client is made for each, and not all that is odd in JavaScript means anything to it.
  const few = hostiles.filter(({ title }) =>
    /^(null|true|NaN|-Infinity|a half|a neg|the largest|a bigint|a symbol|text|half|a cycle|a very|a promise|a getter that throws$|a revoked object|a proxy whose)/.test(
      title,
    ),
  );

  it.each([
    'host',
    'port',
    'path',
    'password',
    'db',
    'family',
    'tls',
    'connectTimeout',
    'sentinels',
    'retryStrategy',
  ])(
    'can be given anything as %s: it is refused by name, or Redis cannot be reached',
    async (option) => {
      const port = await freePort();
      await attack(
        option,
        (value) => redisTier({ options: { host: '127.0.0.1', port, [option]: value } }),
        async (definition) => {
          const tiers = [memoryTier(), definition as TierDefinition];
          const cache = createTieredCache({ tiers });
          try {
            expect(await cache.getOrCompute('a', () => 1)).toBe(1);
            expect(await cache.getOrCompute('a', () => 2)).toBe(1);
            expect(await cache.healthCheck()).toMatchObject({ tiers: expect.anything() });
          } finally {
            await cache.close();
          }
        },
        few,
      );
    },
  );
});

describe('CacheTierModule', () => {
  it.each(ROOT_OPTIONS)(
    'forRoot works with what it is given as %s, or refuses it by name',
    (option) => {
      expect.hasAssertions();
      for (const { title, make } of hostiles) {
        const { error } = outcome(() => CacheTierModule.forRoot({ [option]: make() }));
        if (error !== undefined) expectNamed(error, option, title);
      }
    },
  );

  it.each(ASYNC_OPTIONS)(
    'forRootAsync takes what it is given as %s, or refuses it by name',
    (option) => {
      expect.hasAssertions();
      for (const { title, make } of hostiles) {
        const options = { useFactory: () => ({}), [option]: make() };
        const { error } = outcome(() => CacheTierModule.forRootAsync(options));
        if (error !== undefined && error.message.includes('exactly one')) continue;
        if (error !== undefined) expectNamed(error, option, title);
      }
    },
  );

  it('refuses options that are none', () => {
    for (const { title, make } of hostiles) {
      const options = make();
      if (options === undefined) continue;
      const { error } = outcome(() => CacheTierModule.forRoot(options as object));
      const names = error === undefined ? Object.keys(options as object) : [];
      expect([title, names]).toEqual([title, []]);
    }
  });
});
