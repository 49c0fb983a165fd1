import { describe, expect, it } from '@jest/globals';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import { SerializationError } from '../../lib/contract/errors.js';
import {
  counted,
  guardRejections,
  memoryOnly,
  mustNotLoad,
  recordEvents,
  tierStats,
  twoTiers,
} from './helpers.js';

guardRejections();

class Place {
  constructor(
    readonly name: string,
    readonly founded: Date,
  ) {}

  get label(): string {
    return `${this.name}, since ${this.founded.getUTCFullYear()}`;
  }
}

const ede = new Place('Ede', new Date(0));

describe('bytes that cannot be read', () => {
  const garbage = [
    ['empty', Buffer.alloc(0)],
    ['text of somebody else', Buffer.from('{"id":1}')],
    ['cut off', Buffer.from('CT\u0001')],
    ['of a later format', Buffer.concat([Buffer.from('CT\u0063'), Buffer.alloc(60)])],
  ] as const;

  it.each(garbage)('%s: are dropped, counted and loaded anew', async (_, bytes) => {
    const { cache, remote } = twoTiers();
    await remote.setWithTtl('default::key', bytes, 60_000);
    expect(await cache.get('key')).toBeUndefined();
    expect(await remote.get('default::key')).toBeUndefined();
    expect(tierStats(cache, 'remote')).toMatchObject({ undecodable: 1, errors: 0, misses: 1 });

    await remote.setWithTtl('default::key', bytes, 60_000);
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(tierStats(cache, 'remote').undecodable).toBe(2);
  });

  it('are dropped among many that can', async () => {
    const { cache, neighbour, remote } = twoTiers();
    await neighbour.setMany([
      ['a', 1],
      ['c', 3],
    ]);
    await remote.setWithTtl('default::b', Buffer.from('garbage'), 60_000);
    expect(Object.fromEntries(await cache.getMany(['a', 'b', 'c']))).toEqual({ a: 1, c: 3 });
    expect(tierStats(cache, 'remote')).toMatchObject({ undecodable: 1, hits: 2, misses: 1 });
    const loaded = await cache.getOrComputeMany(['a', 'b', 'c'], async () => new Map([['b', 2]]));
    expect(loaded.get('b')).toBe(2);
  });

  it('of another codec are no exception', async () => {
    const { cache, remote } = twoTiers();
    const packed = twoTiers({ codec: new MsgpackCodec() });
    await packed.cache.set('key', 'value');
    const bytes = await packed.remote.get('default::key');
    await remote.setWithTtl('default::key', bytes ?? Buffer.alloc(0), 60_000);
    expect(await cache.get('key')).toBeUndefined();
    expect(tierStats(cache, 'remote').undecodable).toBe(1);
  });

  it('that cannot be dropped either are a failure of the tier, and the loader answers', async () => {
    const { cache, remote } = twoTiers();
    await remote.setWithTtl('default::key', Buffer.from('garbage'), 60_000);
    remote.fail(new Error('down'), 'remove');
    expect(await cache.getOrCompute('key', () => 'value')).toBe('value');
    expect(tierStats(cache, 'remote')).toMatchObject({ undecodable: 1, errors: 1, writes: 0 });
  });

  it('are no hit in the events', async () => {
    const { cache, remote } = twoTiers();
    await remote.setWithTtl('default::key', Buffer.from('garbage'), 60_000);
    const events = recordEvents(cache);
    await cache.get('key');
    expect(events).toEqual([{ type: 'miss', namespace: '', key: 'key' }]);
  });
});

describe('a class instance', () => {
  it('comes back through a tier of bytes as an instance of its class, by type', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.set('set', ede, { type: Place });
    await cache.getOrCompute('loaded', () => ede, { type: Place });
    await cache.getOrComputeMany(['batch'], async () => [['batch', ede]], { type: Place });
    for (const key of ['set', 'loaded', 'batch']) {
      const found = await neighbour.get(key, { type: Place });
      expect(found).toEqual(ede);
      expect(found).toBeInstanceOf(Place);
      expect(found?.label).toBe('Ede, since 1970');
    }
    const many = await neighbour.getMany(['set', 'loaded', 'batch'], { type: Place });
    expect([...many.values()].every((place) => place instanceof Place)).toBe(true);
    await cache.set('computed', ede, { type: Place });
    const computed = neighbour.getOrCompute<Place>('computed', mustNotLoad, { type: Place });
    expect(await computed).toBeInstanceOf(Place);
  });

  it('comes back in arrays, and by a mapper', async () => {
    const { cache, neighbour } = twoTiers();
    await cache.set('list', [ede, ede], { type: [Place] });
    const list = await neighbour.get<Place[]>('list', { type: [Place] });
    expect(list?.[1]?.label).toBe('Ede, since 1970');

    const type = {
      toPlain: (place: Place) => [place.name, place.founded.getTime()],
      fromPlain: (plain: unknown) => {
        const [name, founded] = plain as [string, number];
        return new Place(name, new Date(founded));
      },
    };
    await cache.set('mapped', ede, { type });
    expect((await neighbour.get('mapped', { type }))?.label).toBe('Ede, since 1970');
  });

  it('without type is refused by a tier of bytes, and then memory does not have it either', async () => {
    const { cache, remote } = twoTiers();
    await expect(cache.set('key', ede)).rejects.toBeInstanceOf(SerializationError);
    await expect(cache.getOrCompute('key', () => ede)).rejects.toBeInstanceOf(SerializationError);
    await expect(
      cache.getOrComputeMany(['key'], async () => [['key', ede]]),
    ).rejects.toBeInstanceOf(SerializationError);
    expect(cache.peek('key')).toBeUndefined();
    expect(await remote.get('default::key')).toBeUndefined();
    expect(tierStats(cache, 'remote').errors).toBe(0);
  });

  it('is refused with the old value left as it was', async () => {
    const { cache } = twoTiers();
    await cache.set<unknown>('key', 'old');
    await expect(cache.set<unknown>('key', { place: ede })).rejects.toThrow(/\$\.place/);
    expect(await cache.get('key')).toBe('old');
  });

  it('is kept as it is where there is memory alone', async () => {
    const { cache } = memoryOnly();
    await cache.set('key', ede);
    expect(await cache.get('key')).toBe(ede);
    expect(await cache.getOrCompute('loaded', () => ede)).toBe(ede);
  });

  it('that was stored with type is not given out without it', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('key', ede, { type: Place });
    await neighbour.set('other', 'value');
    const refused = { code: 'SERIALIZATION', message: expect.stringContaining('"type"') };
    await expect(cache.get('key')).rejects.toMatchObject(refused);
    await expect(cache.getMany(['other', 'key'])).rejects.toMatchObject(refused);
    await expect(cache.getOrCompute('key', mustNotLoad)).rejects.toMatchObject(refused);
    expect(await cache.get('key', { type: Place })).toEqual(ede);
  });

  it('of another shape than type says is dropped like bytes that cannot be read', async () => {
    const { cache, neighbour } = twoTiers();
    await neighbour.set('key', [ede], { type: [Place] });
    const loader = counted(() => ede);
    expect(await cache.getOrCompute('key', loader, { type: Place })).toBe(ede);
    expect(loader.runs).toBe(1);
    expect(tierStats(cache, 'remote').undecodable).toBe(1);
  });
});
