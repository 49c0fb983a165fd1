import { describe, expect, it } from '@jest/globals';
import { FencedMapBackend } from '../../lib/backends/map/fenced-map.backend.js';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import type { CacheBackend } from '../../lib/contract/cache-backend.js';
import {
  isBatch,
  isClosable,
  isEntryStore,
  isFenced,
  isTtlAware,
} from '../../lib/contract/capabilities.js';
import { BackendError } from '../../lib/contract/errors.js';
import { backendConformance } from '../../lib/testing/backend-conformance.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

const failure = new BackendError('map', 'get', 'the wire is cut');

function setUp() {
  const clock = new ManualClock();
  const inner = new MapBackend({ clock });
  const backend = new FaultyBackend(inner, clock);
  return { clock, inner, backend };
}

/** What became of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'pending';
  promise.then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  );
  await new Promise(setImmediate);
  return state;
}

describe('FaultyBackend, told nothing, keeps the promises of the contract', () => {
  const clock = new ManualClock();
  const cases = backendConformance({
    capabilities: ['patterns', 'ttl', 'batch', 'closable'],
    create: () => new FaultyBackend(new MapBackend({ clock }), clock),
    clock,
    down: () => {
      const backend = new FaultyBackend(new MapBackend({ clock }), clock);
      backend.fail(failure);
      return backend;
    },
  });

  it.each(cases)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe('FaultyBackend, told nothing, keeps the promises of a fenced backend', () => {
  const clock = new ManualClock();
  const cases = backendConformance({
    capabilities: ['patterns', 'ttl', 'batch', 'fenced', 'closable'],
    create: () => new FaultyBackend(new FencedMapBackend({ clock }), clock),
    clock,
    down: () => {
      const backend = new FaultyBackend(new FencedMapBackend({ clock }), clock);
      backend.fail(failure);
      return backend;
    },
  });

  it.each(cases)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe('FaultyBackend', () => {
  it('has the name and the capabilities of the other, but for entries', () => {
    const { backend } = setUp();
    const guards = [isBatch, isTtlAware, isClosable, isEntryStore, isFenced];
    expect(backend.name).toBe('map');
    expect(guards.map((guard) => guard(backend))).toEqual([true, true, true, false, false]);
    expect(backend.removePattern).toBeDefined();
  });

  it('lacks the capabilities that the other lacks', () => {
    const plain: CacheBackend = {
      name: 'plain',
      get: () => undefined,
      setWithTtl: () => undefined,
      remove: () => undefined,
      healthCheck: () => true,
    };
    const backend = new FaultyBackend(plain);
    const guards = [isBatch, isTtlAware, isClosable, isEntryStore, isFenced];
    expect(guards.map((guard) => guard(backend))).toEqual([false, false, false, false, false]);
    expect(backend.removePattern).toBeUndefined();
  });

  it('fails with the error that it was given, and does not carry out the call', async () => {
    const { backend, inner } = setUp();
    backend.fail(failure);
    await expect(backend.setWithTtl('key', Buffer.from('1'), 1_000)).rejects.toBe(failure);
    await expect(backend.get('key')).rejects.toBe(failure);
    expect(inner.get('key')).toBeUndefined();
    expect(await backend.healthCheck()).toBe(false);
  });

  it('disturbs only the operations that are named', async () => {
    const { backend } = setUp();
    backend.fail(failure, 'get', 'getMany');
    await backend.setWithTtl('key', Buffer.from('1'), 1_000);
    await expect(backend.get('key')).rejects.toBe(failure);
    await expect(backend.getMany?.(['key'])).rejects.toBe(failure);
    expect(await backend.getWithTtl?.('key')).toBeDefined();
    expect(await backend.healthCheck()).toBe(true);
  });

  it('hangs until it is healed, and carries out the calls then', async () => {
    const { backend, inner, clock } = setUp();
    backend.hang('setWithTtl');
    const pending = backend.setWithTtl('key', Buffer.from('1'), 1_000);
    await clock.advance(60_000);
    expect(await stateOf(pending)).toBe('pending');
    expect(inner.get('key')).toBeUndefined();
    backend.heal();
    await pending;
    expect(inner.get('key')).toBeDefined();
  });

  it('is slow by the clock', async () => {
    const { backend, clock } = setUp();
    backend.delay(100);
    const pending = backend.get('key');
    await clock.advance(99);
    expect(await stateOf(pending)).toBe('pending');
    await clock.advance(1);
    expect(await stateOf(pending)).toBe('resolved');
  });

  it('does what it was told last, until it is healed', async () => {
    const { backend } = setUp();
    backend.hang();
    backend.fail(failure, 'get');
    await expect(backend.get('key')).rejects.toBe(failure);
    backend.heal();
    expect(await backend.get('key')).toBeUndefined();
  });

  it('never answers at once, as a network would not', async () => {
    const { backend } = setUp();
    const answer: unknown = backend.get('key');
    expect(answer).toBeInstanceOf(Promise);
    await answer;
  });

  it('counts the calls of each operation, those that fail too', async () => {
    const { backend } = setUp();
    await backend.get('a');
    await backend.getMany?.(['a', 'b']);
    backend.fail(failure);
    await backend.get('b').catch(() => undefined);
    expect(backend.calls('get')).toBe(2);
    expect(backend.calls('getMany')).toBe(1);
    expect(backend.calls('remove')).toBe(0);
  });
});
