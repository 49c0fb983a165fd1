import { describe, expect, it } from '@jest/globals';
import { BackendError, TooManyCallsError } from '../../lib/contract/errors.js';
import { Breaker } from '../../lib/core/tiers/breaker.js';
import { CallLimit } from '../../lib/core/tiers/call-limit.js';
import { exempt } from '../../lib/core/tiers/exempt.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { deferred, guardRejections, settle } from './helpers.js';

guardRejections();

const MOST = 3;

/** A limit with as many calls under way as it allows. */
function full() {
  const limit = new CallLimit('store', MOST);
  const calls = Array.from({ length: MOST }, () => deferred<string>());
  const answers = calls.map(({ promise }) => limit.run('get', () => promise));
  return { limit, calls, answers };
}

async function isRefused(limit: CallLimit): Promise<boolean> {
  try {
    await limit.run('get', async () => 'answer');
    return false;
  } catch (error) {
    return error instanceof TooManyCallsError;
  }
}

describe('a limit of calls under way', () => {
  it('refuses what is beyond it, at once and by a typed error, and does not make the call', async () => {
    const { limit } = full();
    let called = false;
    const refused = limit.run('set', async () => {
      called = true;
    });
    const error: unknown = await Promise.resolve(refused).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({
      name: 'TooManyCallsError',
      code: 'TOO_MANY_CALLS',
      backend: 'store',
      operation: 'set',
      limit: MOST,
      concernsKey: false,
      message:
        'Cache backend "store" failed in set: 3 calls of it are under way, and no more are sent',
    });
    expect(called).toBe(false);
  });

  it('lets one through for each that is answered, and for each that fails', async () => {
    const { limit, calls, answers } = full();
    expect(await isRefused(limit)).toBe(true);
    calls[0]?.resolve('value');
    await expect(answers[0]).resolves.toBe('value');
    expect(await isRefused(limit)).toBe(false);
    void limit.run('get', () => new Promise(() => undefined));
    expect(await isRefused(limit)).toBe(true);
    calls[1]?.reject(new Error('down'));
    await expect(answers[1]).rejects.toThrow('down');
    expect(await isRefused(limit)).toBe(false);
  });

  it('does not count what answers or throws at once', async () => {
    const limit = new CallLimit('store', 1);
    for (let n = 0; n < 5; n++) {
      expect(limit.run('get', () => n)).toBe(n);
      expect(() =>
        limit.run('get', () => {
          throw new TypeError('wrong');
        }),
      ).toThrow(TypeError);
    }
    expect(await isRefused(limit)).toBe(false);
  });

  it('lets what is exempt through, and counts it', async () => {
    const { limit, calls } = full();
    const exempted = deferred<string>();
    const answer = limit.exempt(() => limit.run('remove', () => exempted.promise));
    calls[0]?.resolve('value');
    await settle();
    expect(await isRefused(limit)).toBe(true);
    exempted.resolve('done');
    expect(await answer).toBe('done');
    expect(await isRefused(limit)).toBe(false);
    expect(() =>
      limit.exempt(() => {
        throw new Error('act');
      }),
    ).toThrow('act');
    void limit.run('get', () => new Promise(() => undefined));
    expect(await isRefused(limit)).toBe(true);
  });

  it('counts anew when it is told to forget: what ends later was begun before', async () => {
    const { limit, calls } = full();
    limit.forget();
    for (let n = 0; n < MOST; n++) void limit.run('get', () => new Promise(() => undefined));
    for (const call of calls) call.resolve('late');
    await settle();
    expect(await isRefused(limit)).toBe(true);
  });
});

describe('what may not be left undone', () => {
  it('is refused neither by the limit of its tier nor by its breaker, where there are any', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker(
      { failures: 1, probeEvery: 1000 },
      { name: 'store', clock, probe: async () => false },
    );
    await expect(breaker.run('get', () => Promise.reject(new Error('down')))).rejects.toThrow(
      'down',
    );
    expect(breaker.state).toBe('open');
    for (const tier of [
      { breaker: undefined, limit: undefined },
      { breaker, limit: undefined },
      { breaker: undefined, limit: full().limit },
      { breaker, limit: full().limit },
    ]) {
      const call = (): Promise<string> | PromiseLike<string> | string => {
        const counted = () => tier.limit?.run('remove', async () => 'done') ?? 'done';
        return tier.breaker?.run('remove', counted) ?? counted();
      };
      expect(await exempt(tier, call)).toBe('done');
    }
    breaker.end();
  });
});
