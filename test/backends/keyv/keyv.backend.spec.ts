import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { keyvTier } from '../../../lib/backends/keyv/keyv-tier.js';
import { KeyvBackend } from '../../../lib/backends/keyv/keyv.backend.js';
import { isBatch } from '../../../lib/contract/capabilities.js';
import { BackendError, ClosedError, InvalidOptionError } from '../../../lib/contract/errors.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';

const value = Uint8Array.of(1, 2, 3);
const LONG = 60_000;

/** An adapter that can be told to fail, by throwing, or by an event alone as `@keyv/redis` does. */
class FragileStore extends EventEmitter implements KeyvStoreAdapter {
  opts = {};
  namespace?: string;
  failing: 'not' | 'throws' | 'emits' = 'not';
  disconnects = 0;
  readonly held = new Map<string, unknown>();

  get<T>(key: string): Promise<T | undefined> {
    return this.#answer(() => this.held.get(key) as T);
  }
  set(key: string, stored: unknown): Promise<unknown> {
    return this.#answer(() => void this.held.set(key, stored));
  }
  async delete(key: string): Promise<boolean> {
    return (await this.#answer(() => this.held.delete(key))) ?? false;
  }
  async clear(): Promise<void> {
    this.held.clear();
  }
  async disconnect(): Promise<void> {
    this.disconnects++;
  }

  async #answer<T>(action: () => T): Promise<T | undefined> {
    if (this.failing === 'not') return action();
    const error = new Error('the store is away');
    if (this.failing === 'throws') throw error;
    this.emit('error', error);
    return undefined;
  }
}

describe.each(['throws', 'emits'] as const)('a store that %s its failures', (failing) => {
  const store = new FragileStore();
  const backend = new KeyvBackend({ store, name: 'files' });
  afterEach(() => {
    store.failing = 'not';
  });

  it.each([
    ['get', () => backend.get('key')],
    ['getWithTtl', () => backend.getWithTtl('key')],
    ['setWithTtl', () => backend.setWithTtl('key', value, LONG)],
    ['remove', () => backend.remove('key')],
    ['connect', () => backend.connect()],
  ])('makes %s reject, with the cause', async (_, call) => {
    store.failing = failing;
    const failure = await call().then(undefined, (error: unknown) => error);
    expect(failure).toBeInstanceOf(BackendError);
    expect(failure).toMatchObject({
      backend: 'files',
      message: expect.stringContaining('the store is away'),
      cause: new Error('the store is away'),
    });
  });

  it('is not healthy meanwhile, and is again when it serves', async () => {
    store.failing = failing;
    expect(await backend.healthCheck()).toBe(false);
    store.failing = 'not';
    expect(await backend.healthCheck()).toBe(true);
  });

  it('does not change how the given Keyv treats failures', async () => {
    const keyv = new Keyv({ store: new FragileStore() });
    const own = new KeyvBackend({ store: keyv });
    (keyv.store as FragileStore).failing = 'throws';
    await expect(own.get('key')).rejects.toThrow(BackendError);
    expect(await keyv.get('key')).toBeUndefined();
  });
});

describe('KeyvBackend', () => {
  it('answers a value though an error is emitted meanwhile: it is there', async () => {
    const store = new FragileStore();
    const backend = new KeyvBackend({ store });
    await backend.setWithTtl('key', value, LONG);
    const answer = backend.get('key');
    store.emit('error', new Error('reconnecting'));
    expect(await answer).toEqual(Buffer.from(value));
  });

  it('is not healthy where a store takes values and forgets them', async () => {
    const store = new FragileStore();
    store.set = async () => undefined;
    expect(await new KeyvBackend({ store }).healthCheck()).toBe(false);
  });

  it('rejects where the store says that it has not stored the value', async () => {
    const store = new FragileStore();
    store.set = async () => false;
    const refused = new KeyvBackend({ store }).setWithTtl('key', value, LONG);
    await expect(refused).rejects.toThrow('the store has refused the value');
  });

  it('says of a foreign value that the key is the trouble, and not the store', async () => {
    const keyv = new Keyv();
    const backend = new KeyvBackend({ store: keyv });
    await keyv.set('~:key', { not: 'bytes' });
    await expect(backend.get('key')).rejects.toMatchObject({ concernsKey: true });
  });

  it('has batches only where the adapter has all three, and patterns only where it shows its keys', () => {
    const backend = new KeyvBackend({ store: new FragileStore() });
    expect(isBatch(backend)).toBe(false);
    expect(backend.removePattern).toBeUndefined();
    expect(new KeyvBackend({ store: new Map() }).removePattern).toBeDefined();
  });

  it('leaves a given store connected, and disconnects one that was made for it', async () => {
    const given = new FragileStore();
    const borrowing = new KeyvBackend({ store: given });
    await borrowing.close();
    expect(given.disconnects).toBe(0);
    const made = new FragileStore();
    const owner = new KeyvBackend({ store: () => new Keyv({ store: made }) });
    await owner.close();
    await owner.close();
    expect(made.disconnects).toBe(1);
    await expect(async () => owner.get('key')).rejects.toThrow(ClosedError);
  });

  it('does not listen to a given store any more when it is closed', async () => {
    const store = new FragileStore();
    store.on('error', jest.fn());
    for (const given of [store, new Keyv({ store })]) {
      const before = store.listeners('error');
      const backend = new KeyvBackend({ store: given });
      expect(store.listeners('error')).toHaveLength(before.length + 1);
      await backend.close();
      await backend.close();
      expect(store.listeners('error')).toEqual(before);
    }
  });

  it('is closed though the store does not end', async () => {
    const store = new FragileStore();
    store.disconnect = () => new Promise(() => undefined);
    const backend = new KeyvBackend({ store: () => store });
    expect(await backend.close()).toBeUndefined();
  });

  it('keeps the namespace that an adapter was made with', async () => {
    const store = new FragileStore();
    store.namespace = 'own';
    await new KeyvBackend({ store }).setWithTtl('key', value, LONG);
    expect(store.namespace).toBe('own');
    expect([...store.held.keys()]).toEqual(['own:~:key']);
  });

  it.each([
    [{}, 'keyv.store'],
    [{ store: 'redis://localhost' }, 'keyv.store'],
    [{ store: { get: () => undefined } }, 'it has no set'],
    [{ store: new Map(), name: '' }, 'keyv.name'],
    [{ store: new Map(), url: 'x' }, 'keyv.url'],
    [{ store: new Keyv({ namespace: '~' }) }, 'its namespace is "~"'],
    [{ store: () => 'nothing' }, 'keyv.store'],
  ])('refuses the options %j', (options, message) => {
    expect(() => new KeyvBackend(options as never)).toThrow(InvalidOptionError);
    expect(() => new KeyvBackend(options as never)).toThrow(message);
  });
});

describe('keyvTier', () => {
  it('is a tier that another cache on the same store finds full', async () => {
    const store = new Map<string, unknown>();
    const [one, other] = [0, 1].map(() =>
      createTieredCache({ tiers: [memoryTier(), keyvTier({ store, promotion: 2 })] }),
    );
    await one?.set('city', { name: 'Oslo', founded: new Date(0) });
    expect(await other?.get('city')).toEqual({ name: 'Oslo', founded: new Date(0) });
    expect(other?.tierNames).toEqual(['memory', 'keyv']);
    await Promise.all([one?.close(), other?.close()]);
  });

  it('disconnects with the cache what it has made, and nothing else', async () => {
    const [given, made] = [new FragileStore(), new FragileStore()];
    const cache = createTieredCache({
      tiers: [
        keyvTier({ store: given, name: 'given' }),
        keyvTier({ store: () => made, name: 'made' }),
      ],
    });
    await cache.set('key', 1);
    await cache.close();
    expect([given.disconnects, made.disconnects]).toEqual([0, 1]);
  });

  it('a store that fails is a miss for who reads the cache, and an error for who writes', async () => {
    const store = new FragileStore();
    const cache = createTieredCache({ tiers: [keyvTier({ store })] });
    await cache.set('key', 'kept');
    store.failing = 'emits';
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrCompute('key', () => 'loaded')).toBe('loaded');
    await expect(cache.set('key', 'new')).rejects.toThrow(BackendError);
    await cache.close();
  });

  it('refuses options that are not its own, before anything is made', () => {
    expect(() => keyvTier({ store: new Map(), prefix: 'x' } as never)).toThrow('keyv.prefix');
    expect(() => keyvTier({} as never)).toThrow('keyv.store');
  });
});
