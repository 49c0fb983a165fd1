import { describe, expect, it } from '@jest/globals';
import type { LoadContext } from '../../../lib/core/loading/load-context.js';
import { deferred, guardRejections, memoryOnly, settle, timeLeft, twoTiers } from '../helpers.js';
import { KEPT, Origin, outcomeOf, STALE_FOR, TTL, value, watch } from './origin.js';

guardRejections();

/** An origin of documents, which sends one only to who does not have its version. */
class Documents {
  body: { readonly text: string } = { text: 'first' };
  etag = 'v1';
  readonly asked: (string | undefined)[] = [];
  sent = 0;

  readonly load = async (context: LoadContext): Promise<{ readonly text: string }> => {
    this.asked.push(context.previous?.etag);
    if (context.previous?.etag === this.etag) return context.notModified();
    context.setEtag(this.etag);
    this.sent++;
    return this.body;
  };
}

describe('a loader', () => {
  it('is given no previous value where there is none', async () => {
    const { cache } = twoTiers();
    const origin = new Origin();
    await cache.getOrCompute('key', origin.load, KEPT);
    expect(origin.contexts[0]?.previous).toBeUndefined();
    expect(origin.contexts[0]?.key).toBe('key');
  });

  it.each([
    ['memory', memoryOnly],
    ['memory and a store', twoTiers],
  ])('is given the stale value, with what was said of its version, in %s', async (_, setUp) => {
    const { cache, clock } = setUp();
    const origin = new Origin();
    origin.say = (context) => {
      context.setEtag('"v1"');
      context.setLastModified('Sat, 01 Jan 2000 00:00:00 GMT');
    };
    await cache.getOrCompute('key', origin.load, KEPT);
    await clock.advance(TTL);
    await cache.getOrCompute('key', origin.load, KEPT);
    expect(origin.contexts[1]?.previous).toMatchObject({
      value: 1,
      etag: '"v1"',
      lastModified: 'Sat, 01 Jan 2000 00:00:00 GMT',
    });
  });

  it('is given what only the store has', async () => {
    const { cache, neighbour, clock } = twoTiers();
    const documents = new Documents();
    await cache.getOrCompute('key', documents.load, KEPT);
    await clock.advance(TTL);
    expect(await neighbour.getOrCompute('key', documents.load, KEPT)).toEqual({ text: 'first' });
    expect(documents.asked).toEqual([undefined, 'v1']);
    expect(documents.sent).toBe(1);
  });

  it('is given the value that is there when it is refreshed, stale or not', async () => {
    const { cache } = twoTiers();
    const documents = new Documents();
    await cache.getOrCompute('key', documents.load, KEPT);
    expect(await cache.refresh('key', documents.load, KEPT)).toEqual({ text: 'first' });
    expect(documents.asked).toEqual([undefined, 'v1']);
    expect(documents.sent).toBe(1);
  });

  it('is given the value that is about to end when it is refreshed early', async () => {
    let random = 0;
    const { cache, clock } = twoTiers({ random: () => random });
    const documents = new Documents();
    await cache.getOrCompute('key', documents.load, { ...KEPT, earlyRefresh: 1 });
    await clock.advance(TTL - 1);
    random = 0.9;
    await cache.getOrCompute('key', documents.load, { ...KEPT, earlyRefresh: 1 });
    await settle();
    expect(documents.asked).toEqual([undefined, 'v1']);
  });

  it('is not given a value that was removed', async () => {
    const { cache, clock } = twoTiers();
    const documents = new Documents();
    await cache.getOrCompute('key', documents.load, { ...KEPT, tags: ['t'] });
    await clock.advance(TTL);
    await cache.invalidateTags(['t']);
    await cache.getOrCompute('key', documents.load, KEPT);
    await cache.remove('key');
    await cache.refresh('key', documents.load, KEPT);
    expect(documents.asked).toEqual([undefined, undefined, undefined]);
  });
});

describe('notModified', () => {
  it('has the previous value fresh for another ttl, in all tiers', async () => {
    const { cache, neighbour, clock, remote } = twoTiers();
    const documents = new Documents();
    const first = await cache.getOrCompute('key', documents.load, KEPT);
    await clock.advance(TTL + 500);
    expect(await cache.getOrCompute('key', documents.load, KEPT)).toEqual(first);
    expect(await timeLeft(remote, 'key')).toBe(TTL + STALE_FOR);
    await clock.advance(TTL - 1);
    expect(cache.peek('key')).toEqual(first);
    expect(await neighbour.get('key')).toEqual({ text: 'first' });
    await clock.advance(1);
    expect(cache.peek('key')).toBeUndefined();
    expect(documents.sent).toBe(1);
  });

  it('has memory answer the very value that it had', async () => {
    const { cache, clock } = memoryOnly();
    const documents = new Documents();
    const first = await cache.getOrCompute('key', documents.load, KEPT);
    await clock.advance(TTL);
    expect(await cache.getOrCompute('key', documents.load, KEPT)).toBe(first);
    expect(cache.peek('key')).toBe(first);
  });

  it('can be said again and again: what was said of the version stays', async () => {
    const { cache, clock } = twoTiers();
    const documents = new Documents();
    for (let round = 0; round < 4; round++) {
      await cache.getOrCompute('key', documents.load, KEPT);
      await clock.advance(TTL);
    }
    expect(documents.asked).toEqual([undefined, 'v1', 'v1', 'v1']);
    expect(documents.sent).toBe(1);
  });

  it('is followed by a new version when there is one', async () => {
    const { cache, clock } = twoTiers();
    const documents = new Documents();
    await cache.getOrCompute('key', documents.load, KEPT);
    await clock.advance(TTL);
    documents.body = { text: 'second' };
    documents.etag = 'v2';
    expect(await cache.getOrCompute('key', documents.load, KEPT)).toEqual({ text: 'second' });
    await clock.advance(TTL);
    await cache.getOrCompute('key', documents.load, KEPT);
    expect(documents.asked).toEqual([undefined, 'v1', 'v2']);
    expect(documents.sent).toBe(2);
  });

  it('takes the ttl, the staleFor and the tags that the loader says now', async () => {
    const { cache, clock, remote } = twoTiers();
    await cache.set('key', 1, KEPT);
    await clock.advance(TTL);
    await cache.getOrCompute(
      'key',
      (context: LoadContext) => {
        context.setTtl(7000);
        context.setStaleFor(100);
        context.addTags('new');
        return context.notModified();
      },
      KEPT,
    );
    expect(await timeLeft(remote, 'key')).toBe(7100);
    await cache.invalidateTags(['new']);
    expect(await cache.get('key')).toBeUndefined();
  });

  it('keeps the tags that the value had', async () => {
    const { cache, clock } = twoTiers();
    await cache.getOrCompute(
      'key',
      (context) => {
        context.addTags('own');
        context.setEtag('v1');
        return 1;
      },
      KEPT,
    );
    await clock.advance(TTL);
    await cache.getOrCompute('key', (context: LoadContext) => context.notModified(), KEPT);
    expect(await cache.get('key')).toBe(1);
    await cache.invalidateTags(['own']);
    expect(await cache.get('key')).toBeUndefined();
  });

  it('throws where there is no previous value, and the load fails by that', async () => {
    const { cache } = twoTiers();
    const outcome = await outcomeOf(
      cache.getOrCompute('key', (context: LoadContext) => context.notModified()),
    );
    expect(outcome).toHaveProperty('error.code', 'INVALID_OPTION');
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('context.notModified'));
  });

  it('of a value that was removed while the origin was asked is kept nowhere', async () => {
    const { cache, neighbour, clock } = twoTiers();
    await cache.set('key', 1, KEPT);
    await clock.advance(TTL);
    const gate = deferred();
    const load = async (context: LoadContext): Promise<number> => {
      await gate.promise;
      return context.notModified();
    };
    const reading = watch(cache.getOrCompute('key', load, KEPT));
    await settle();
    await cache.remove('key');
    gate.resolve();
    expect(await reading()).toEqual(value(1));
    expect(cache.peek('key')).toBeUndefined();
    expect(await neighbour.get('key')).toBeUndefined();
  });

  it('gives each caller a copy where the cache clones', async () => {
    const { cache, clock } = memoryOnly({ copy: 'clone' });
    const documents = new Documents();
    const first = await cache.getOrCompute('key', documents.load, KEPT);
    await clock.advance(TTL);
    const second = await cache.getOrCompute('key', documents.load, KEPT);
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
  });
});

describe('what a loader says of a version', () => {
  it.each(['', 'line\nbreak', 'nul\u0000', '\ud800', 'x'.repeat(1025), 1, undefined, null])(
    'is refused when it is %p',
    async (bad) => {
      for (const method of ['setEtag', 'setLastModified'] as const) {
        const { cache } = memoryOnly();
        const load = (context: LoadContext): number => {
          context[method](bad as string);
          return 1;
        };
        const outcome = await outcomeOf(cache.getOrCompute('key', load));
        expect(outcome).toHaveProperty('error.code', 'INVALID_OPTION');
        expect(outcome).toHaveProperty('error.message', expect.stringContaining(method));
      }
    },
  );

  it('is forgotten with the value: a value that is set has none', async () => {
    const { cache, clock } = twoTiers();
    const documents = new Documents();
    await cache.getOrCompute('key', documents.load, KEPT);
    await cache.set('key', { text: 'given' }, KEPT);
    await clock.advance(TTL);
    expect(await cache.getOrCompute('key', documents.load, KEPT)).toEqual({ text: 'first' });
    expect(documents.asked).toEqual([undefined, undefined]);
  });
});
