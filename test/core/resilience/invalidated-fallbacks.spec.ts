import { describe, expect, it } from '@jest/globals';
import type { ComputeOptions } from '../../../lib/core/call-options.js';
import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import type { ManualClock } from '../../../lib/testing/manual-clock.js';
import { guardRejections, memoryOnly, settle, twoTiers } from '../helpers.js';
import { twoInstances } from '../coherence/world.js';
import {
  DOWN,
  error,
  INVALIDATIONS,
  KEPT,
  Origin,
  PENDING,
  TTL,
  value,
  watch,
  type Outcome,
} from './origin.js';

guardRejections();

const TAGGED = { ...KEPT, tags: ['t'] };
const OLD = value(1);

/** Who reads, who invalidates, and who has stored the value. */
interface Place {
  readonly reader: TieredCache;
  readonly remover: TieredCache;
  readonly writer: TieredCache;
  readonly clock: ManualClock;
}

function alone({ cache, clock }: { cache: TieredCache; clock: ManualClock }): Place {
  return { reader: cache, remover: cache, writer: cache, clock };
}

const PLACES: readonly (readonly [string, () => Place | Promise<Place>])[] = [
  ['a cache of memory', () => alone(memoryOnly())],
  ['a cache of memory and a store', () => alone(twoTiers())],
  [
    'an instance that invalidates itself',
    async () => {
      const { a, clock } = await twoInstances();
      return alone({ cache: a.cache, clock });
    },
  ],
  [
    'an instance, when another invalidates',
    async () => {
      const { a, b, clock } = await twoInstances();
      return { reader: a.cache, remover: b.cache, writer: a.cache, clock };
    },
  ],
  [
    'an instance that knows the value from the store alone, when another invalidates',
    async () => {
      const { a, b, clock } = await twoInstances();
      return { reader: a.cache, remover: b.cache, writer: b.cache, clock };
    },
  ],
];

/** Ways in which a stale value is answered, and what is answered where there is none. */
interface Way {
  readonly options: ComputeOptions<number>;
  readonly fails: boolean;
  /** After how long it is given up to wait, in milliseconds. */
  readonly after: number;
  readonly otherwise: Outcome<number>;
}

const WAYS: readonly (readonly [string, Way])[] = [
  ['its load fails', { options: {}, fails: true, after: 0, otherwise: error(DOWN) }],
  [
    'its load is slow',
    { options: { softTimeout: 50 }, fails: false, after: 50, otherwise: PENDING },
  ],
  [
    'nobody waits for its load',
    { options: { softTimeout: 0 }, fails: false, after: 0, otherwise: PENDING },
  ],
  [
    'its load takes too long',
    {
      options: { hardTimeout: 50 },
      fails: false,
      after: 50,
      otherwise: error(expect.objectContaining({ code: 'LOAD_TIMEOUT' })),
    },
  ],
];

/** A place where a value has become stale, and a load of it that is slow. */
async function stale(make: () => Place | Promise<Place>) {
  const place = await make();
  const origin = new Origin();
  await place.writer.getOrCompute('key', origin.load, TAGGED);
  await place.clock.advance(TTL);
  origin.version = 2;
  origin.hold();
  return { ...place, origin };
}

type Stale = Awaited<ReturnType<typeof stale>>;

/** Begins to read; what comes of it is to be looked at after `ends`. */
async function begins({ reader, origin }: Stale, { options }: Way) {
  const reading = watch(reader.getOrCompute('key', origin.load, { ...TAGGED, ...options }));
  await settle();
  return reading;
}

/** Has the load be as bad as the way says. */
async function ends({ origin, clock }: Stale, { fails, after }: Way): Promise<void> {
  if (fails) await origin.breakHeld();
  else await clock.advance(after);
}

describe.each(PLACES)('in %s', (_place, make) => {
  describe.each(WAYS)('a stale value, where %s,', (_way, way) => {
    it('is answered if it is not void', async () => {
      const world = await stale(make);
      const reading = await begins(world, way);
      await ends(world, way);
      expect(await reading()).toEqual(OLD);
      await world.origin.release();
    });

    it.each(INVALIDATIONS)(
      'is not answered when it was %s while it was fresh',
      async (_, invalidate) => {
        const place = await make();
        const origin = new Origin();
        await place.writer.getOrCompute('key', origin.load, TAGGED);
        await place.reader.get('key');
        await invalidate(place.remover);
        await place.clock.advance(TTL);
        origin.version = 2;
        origin.hold();
        const world = { ...place, origin };
        const reading = await begins(world, way);
        await ends(world, way);
        expect(await reading()).toEqual(way.otherwise);
        await origin.release();
      },
    );

    it.each(INVALIDATIONS)(
      'is not answered when it was %s while it was stale',
      async (_, invalidate) => {
        const world = await stale(make);
        await invalidate(world.remover);
        const reading = await begins(world, way);
        await ends(world, way);
        expect(await reading()).toEqual(way.otherwise);
        await world.origin.release();
      },
    );

    it.each(INVALIDATIONS)(
      'is not answered when it was %s after it had been answered once',
      async (_, invalidate) => {
        const world = await stale(make);
        const first = await begins(world, way);
        await ends(world, way);
        expect(await first()).toEqual(OLD);
        await invalidate(world.remover);
        const reading = await begins(world, way);
        await ends(world, way);
        expect(await reading()).toEqual(way.otherwise);
        await world.origin.release();
      },
    );

    if (way.options.softTimeout === 0) return;
    it.each(INVALIDATIONS)(
      'is not answered when it was %s while it was loaded',
      async (_, invalidate) => {
        const world = await stale(make);
        const reading = await begins(world, way);
        await invalidate(world.remover);
        await ends(world, way);
        expect(await reading()).toEqual(way.otherwise);
        await world.origin.release();
      },
    );
  });
});
