import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { mapTier } from '../../../lib/backends/map/map-tier.js';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import type { TierDefinition } from '../../../lib/contract/tier-definition.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function createFrom({ source }: TierDefinition, clock: ManualClock): MapBackend {
  if (!('create' in source)) throw new TypeError('The tier has no create');
  const backend = source.create({ clock });
  if (!(backend instanceof MapBackend)) throw new TypeError('The tier is not made of a map');
  return backend;
}

describe('mapTier', () => {
  it('is a tier called map, whose backend can be injected by its class', () => {
    expect(mapTier()).toMatchObject({ policy: {}, defaultName: 'map', backendClass: MapBackend });
  });

  it('hands the policy on, and names the backend as the tier', () => {
    const tier = mapTier({ name: 'countries', ttlScale: 2, promotion: false });
    expect(tier.policy).toEqual({ name: 'countries', ttlScale: 2, promotion: false });
    expect(createFrom(tier, new ManualClock()).name).toBe('countries');
  });

  it('runs on the clock of the cache', async () => {
    const clock = new ManualClock();
    const backend = createFrom(mapTier(), clock);
    backend.setWithTtl('key', new Uint8Array(1), 100);
    await clock.advance(100);
    expect(backend.get('key')).toBeUndefined();
  });

  it('makes a backend of its own for each cache', () => {
    const tier = mapTier();
    const clock = new ManualClock();
    expect(createFrom(tier, clock)).not.toBe(createFrom(tier, clock));
  });

  it.each([
    [{ maxEntries: 5 }, 'map.maxEntries'],
    [{ clock: new ManualClock() }, 'map.clock'],
  ])('refuses what is not its option: %#', (options, path) => {
    expect(() => mapTier(options as never)).toThrow(InvalidOptionError);
    expect(() => mapTier(options as never)).toThrow(
      `Option "${path}": there is no such option; there are name, preset, level, ttlScale, promotion`,
    );
  });
});
