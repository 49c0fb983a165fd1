import { describe, expect, it } from '@jest/globals';
import { FencedMapBackend } from '../../../lib/backends/map/fenced-map.backend.js';
import { isEntryStore, isFenced } from '../../../lib/contract/capabilities.js';
import { InvalidOptionError } from '../../../lib/contract/errors.js';
import { backendConformance } from '../../../lib/testing/backend-conformance.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const ANN = 'token-of-ann-001';
const BOB = 'token-of-bob-002';
const VALUE = Buffer.from('value');

describe('FencedMapBackend keeps the promises of the contract', () => {
  const clock = new ManualClock();
  const cases = backendConformance({
    create: () => new FencedMapBackend({ clock }),
    capabilities: ['patterns', 'ttl', 'batch', 'fenced', 'closable'],
    clock,
  });

  it.each(cases)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

function setUp() {
  const clock = new ManualClock();
  const ended: string[] = [];
  const backend = new FencedMapBackend({ clock, onLeaseEnded: (key) => ended.push(key) });
  return { backend, clock, ended };
}

describe('FencedMapBackend', () => {
  it('stands for a store outside the process: it keeps bytes alone', () => {
    const { backend } = setUp();
    expect([isFenced(backend), isEntryStore(backend)]).toEqual([true, false]);
    expect(backend.name).toBe('fenced-map');
  });

  it('tells the end of a lease for which somebody waits: a fill, a release, a discard', () => {
    const { backend, ended } = setUp();
    for (const key of ['filled', 'released', 'discarded', 'held']) {
      backend.lease(key, ANN, 1_000);
      backend.lease(key, BOB, 1_000);
    }
    backend.fill('filled', ANN, VALUE, 1_000);
    backend.release('released', ANN);
    backend.discard(['discarded']);
    backend.discard(['held'], 1_000);
    expect(ended).toEqual(['filled', 'released', 'discarded', 'held']);
  });

  it('tells nothing of a lease for which nobody waits, of a time that is over, and of a hold', async () => {
    const { backend, clock, ended } = setUp();
    backend.lease('alone', ANN, 1_000);
    backend.fill('alone', ANN, VALUE, 1_000);
    backend.lease('late', ANN, 100);
    backend.lease('late', BOB, 100);
    await clock.advance(100);
    backend.release('late', ANN);
    backend.discard(['held'], 1_000);
    backend.lease('held', BOB, 1_000);
    backend.discard(['held']);
    expect(ended).toEqual([]);
  });

  it('remembers that somebody waits when the lease is renewed, or granted again', () => {
    const { backend, ended } = setUp();
    for (const key of ['renewed', 'again']) {
      backend.lease(key, ANN, 1_000);
      backend.lease(key, BOB, 1_000);
    }
    backend.renew('renewed', ANN, 5_000);
    backend.lease('again', ANN, 5_000);
    for (const key of ['renewed', 'again']) backend.release(key, ANN);
    expect(ended).toEqual(['renewed', 'again']);
  });

  it('loses values and leases when it is cleared, as a server that has lost its data', () => {
    const { backend } = setUp();
    backend.lease('filled', ANN, 1_000);
    backend.fill('filled', ANN, VALUE, 1_000);
    backend.lease('leased', ANN, 1_000);
    backend.discard(['held'], 1_000);
    backend.clear();
    expect(backend.getFenced('filled')).toBeUndefined();
    expect(backend.fill('leased', ANN, VALUE, 1_000)).toBe(false);
    expect(backend.lease('held', BOB, 1_000)).toEqual({ outcome: 'granted' });
  });

  it.each(['', 'short', 'a-token-that-is-long', 'token of ann 001', 'token-öf-ann-001'])(
    'refuses the token "%s", which not every store can keep',
    (token) => {
      const { backend } = setUp();
      expect(() => backend.lease('key', token, 1_000)).toThrow(InvalidOptionError);
      expect(() => backend.fill('key', token, VALUE, 1_000)).toThrow(InvalidOptionError);
      expect(() => backend.renew('key', token, 1_000)).toThrow(InvalidOptionError);
      expect(() => backend.release('key', token)).toThrow(InvalidOptionError);
    },
  );

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a lease of %d ms', (duration) => {
    const { backend } = setUp();
    expect(() => backend.lease('key', ANN, duration)).toThrow(/"duration".*at least 1/);
    expect(() => backend.renew('key', ANN, duration)).toThrow(/"duration".*at least 1/);
  });

  it.each([-1, 1.5, NaN, Infinity])('refuses to hold a key for %d ms', (holdFor) => {
    const { backend } = setUp();
    expect(() => backend.discard(['key'], holdFor)).toThrow(/"holdFor".*at least 0/);
  });
});
