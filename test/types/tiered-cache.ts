/*
 * What the compiler infers and refuses where a cache is used by hand: checked by `npm run typecheck`, as in
 * decorators.ts. Nothing here runs.
 */
import { createTieredCache, memoryTier, type TieredCache } from '../../lib/core.js';
import { CacheTierModule } from '../../lib/index.js';
import { redisTier } from '../../lib/redis.js';

/** `true` where both are the same type, neither wider nor narrower, and not `any`. */
type Same<A, B> = 0 extends 1 & A ? never : [A, B] extends [B, A] ? true : never;

function is<A, B>(_same: Same<A, B>): void {}

declare const cache: TieredCache;

class Money {
  constructor(readonly cents: number) {}
}

export async function infers(): Promise<void> {
  const city = await cache.getOrCompute('city', async () => ({ id: 1, name: 'Bern' }));
  is<typeof city, { id: number; name: string }>(true);

  const atOnce = await cache.getOrCompute('answer', () => 42);
  is<typeof atOnce, number>(true);

  const absent = await cache.getOrCompute('maybe', async () => (atOnce > 1 ? 'yes' : undefined));
  is<typeof absent, 'yes' | undefined>(true);

  const nothing = await cache.getOrCompute('nothing', () => null);
  is<typeof nothing, null>(true);

  const money = await cache.getOrCompute('money', () => new Money(1), { type: Money });
  is<typeof money, Money>(true);

  const typed = await cache.get('money', { type: Money });
  is<typeof typed, Money | undefined>(true);

  const list = await cache.getOrCompute('list', () => [new Money(1)], { type: [Money] });
  is<typeof list, Money[]>(true);

  const listOfNamed = await cache.get<Money[]>('list', { type: [Money] });
  is<typeof listOfNamed, Money[] | undefined>(true);

  const mapped = await cache.get('money', {
    type: { toPlain: ({ cents }: Money) => cents, fromPlain: (cents) => new Money(Number(cents)) },
  });
  is<typeof mapped, Money | undefined>(true);

  const named = await cache.get<Money>('money');
  is<typeof named, Money | undefined>(true);

  const many = await cache.getOrComputeMany(['a', 'b'], async (missing) =>
    missing.map((key) => [key, key.length] as const),
  );
  is<typeof many, Map<string, number>>(true);

  const refreshed = await cache.refresh('money', ({ key }) => key.length, { ttl: '1h' });
  is<typeof refreshed, number>(true);

  await cache.getOrCompute('own', (context) => {
    context.setTtl('10s');
    return context.key;
  });
}

export async function refuses(): Promise<void> {
  // @ts-expect-error 'x' is no unit
  await cache.set('key', 1, { ttl: '5x' });
  // @ts-expect-error a key is a string
  await cache.get(1);
  // @ts-expect-error a key is a string
  await cache.remove(1);
  // @ts-expect-error the loaded value is a number
  await cache.getOrCompute('key', () => 1, { unless: (value: string) => value === '' });
  // @ts-expect-error the loaded value is a number
  await cache.getOrCompute('key', () => 1, { type: Money });
  // @ts-expect-error there is nothing to load with
  await cache.getOrCompute('key');
  // @ts-expect-error there is no such option
  await cache.set('key', 1, { timeToLive: 1000 });
  // @ts-expect-error a promise is not a value: it has to be awaited
  const value: { id: number } = cache.get<{ id: number }>('key');
  await Promise.resolve(value);
  // @ts-expect-error a loader's own ttl has the same form
  await cache.getOrCompute('key', (context) => context.setTtl('soon'));
}

export const refusedOptions = [
  // @ts-expect-error a cache has tiers
  () => createTieredCache({}),
  // @ts-expect-error there is no such way to copy
  () => createTieredCache({ tiers: [memoryTier()], copy: 'deep' }),
  // @ts-expect-error 'x' is no unit
  () => createTieredCache({ tiers: [memoryTier()], ttl: '5x' }),
  // @ts-expect-error there is no such option
  () => memoryTier({ maxEntry: 1 }),
  // @ts-expect-error there is no such preset
  () => memoryTier({ preset: 'l5' }),
  // @ts-expect-error the clock is the cache's
  () => redisTier({ clock: {} }),
  // @ts-expect-error an object is not a client
  () => redisTier({ client: {} }),
  // @ts-expect-error there is no such option
  () => CacheTierModule.forRoot({ store: 'memory' }),
];
