import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import { InvalidOptionError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { customTier, type CustomTierOptions } from '../../lib/core/tiers/custom-tier.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { guardRejections, remoteBackend } from './helpers.js';

guardRejections();

class S3Backend extends MapBackend {}

describe('customTier', () => {
  it('takes a backend that is there, and calls the tier by its name', () => {
    const backend = new MapBackend({ name: 'shelf' });
    const cache = createTieredCache({ tiers: [customTier({ useValue: backend })] });
    expect(cache.tierNames).toEqual(['shelf']);
    expect(cache.backend('shelf')).toBe(backend);
  });

  it('makes one of a class, and calls the tier by the name of the class', () => {
    const cache = createTieredCache({ tiers: [customTier({ useClass: S3Backend })] });
    expect(cache.tierNames).toEqual(['s3']);
    expect(cache.backend('s3')).toBeInstanceOf(S3Backend);
    expect(customTier({ useClass: S3Backend }).backendClass).toBe(S3Backend);
    const nameless = ((): typeof S3Backend => class extends MapBackend {})();
    expect(customTier({ useClass: nameless }).defaultName).toBe('custom');
  });

  it('takes one from a factory', async () => {
    const backend = new MapBackend();
    const tier = customTier({ name: 'made', useFactory: () => backend });
    const cache = createTieredCache({ tiers: [tier] });
    expect(cache.backend('made')).toBe(backend);
  });

  it('keeps its policy and its codec', async () => {
    const clock = new ManualClock();
    const backend = remoteBackend(clock);
    const tier = customTier({
      useValue: backend,
      name: 'packed',
      ttlScale: 3,
      codec: new MsgpackCodec(),
    });
    const cache = createTieredCache({ tiers: [tier], clock });
    await cache.set('key', 1, { ttl: 1000 });
    const stored = await backend.getWithTtl?.('default::key');
    expect(stored?.ttl).toBe(3000);
    expect(stored?.value[4]).toBe(new MsgpackCodec().id);
    expect(await cache.get('key')).toBe(1);
  });

  const bad: readonly (readonly [object, string, RegExp])[] = [
    [{}, 'customTier', /needs exactly one of useValue, useClass, useExisting, useFactory/],
    [{ useValue: undefined }, 'customTier', /needs exactly one/],
    [{ useValue: new MapBackend(), useClass: S3Backend }, 'customTier', /needs exactly one/],
    [{ useValue: null }, 'customTier.useValue', /with the methods get, .*; got null/],
    [{ useValue: S3Backend }, 'customTier.useValue', /got a function/],
    [{ useValue: { name: 'x', get: () => undefined } }, 'customTier.useValue', /has no setWithTtl/],
    [{ useClass: 'S3Backend' }, 'customTier.useClass', /is a function; got "S3Backend"/],
    [{ useFactory: {}, name: 'x' }, 'customTier.useFactory', /is a function/],
    [{ useFactory: () => new MapBackend() }, 'customTier.name', /is needed with useExisting and/],
    [{ useExisting: 'token' }, 'customTier.name', /is needed/],
    [
      { useValue: new MapBackend(), promotoin: 5 },
      'customTier.promotoin',
      /there is no such option/,
    ],
    [{ useValue: new MapBackend(), codec: {} }, 'customTier.codec', /it has no encode/],
  ];

  it.each(bad)('refuses %p', (options, option, problem) => {
    const create = (): unknown => customTier(options as CustomTierOptions);
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(problem);
    expect(create).toThrow(`Option "${option}"`);
  });

  it('is refused without a container where only that can make the backend', () => {
    const needy: CustomTierOptions[] = [
      { name: 'x', useExisting: 'token' },
      { name: 'x', useFactory: () => new MapBackend(), inject: ['token'] },
      { name: 'x', useFactory: async () => new MapBackend() },
    ];
    for (const options of needy) {
      expect(() => createTieredCache({ tiers: [customTier(options)] })).toThrow(
        /^Option "tiers\[0\]": useExisting, inject and asynchronous factories need a Nest container/,
      );
    }
  });

  it('of a factory that makes no backend is refused when the cache is made', () => {
    const tier = customTier({ name: 'x', useFactory: () => ({ name: 'x' }) as never });
    expect(() => createTieredCache({ tiers: [tier] })).toThrow(
      'Option "tiers[0]": is an object with the methods get, setWithTtl, remove, healthCheck; it has no get',
    );
  });
});
