import { Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { defer, lastValueFrom, of, throwError, toArray, type Observable } from 'rxjs';
import { CacheInterceptor } from '../../lib/compat/cache.interceptor.js';
import type { Cache } from '../../lib/compat/cache.js';
import { createCache } from '../../lib/compat/create-cache.js';
import { CacheKey, CacheTTL } from '../../lib/compat/decorators.js';
import { eventually } from '../support/patience.js';

class Handlers {
  @CacheKey('keyed')
  @CacheTTL(60_000)
  keyed(): void {}

  plain(): void {}

  @CacheKey('unsure')
  @CacheTTL(() => {
    throw new Error('no ttl');
  })
  unsure(): void {}
}

describe.each(['rpc', 'ws', 'graphql'])('CacheInterceptor in a context of %s', (type) => {
  let cache: Cache;
  let interceptor: CacheInterceptor;
  let runs: number;

  beforeEach(() => {
    cache = createCache();
    interceptor = new CacheInterceptor(cache, new Reflector());
    runs = 0;
  });
  afterEach(() => cache.disconnect());

  /** What a handler gives whose stream is `stream`. */
  async function ask(handler: keyof Handlers, stream: Observable<unknown>): Promise<unknown> {
    // No request of HTTP is among the arguments: the first one of a resolver may be undefined.
    const context = new ExecutionContextHost(
      [undefined, {}],
      Handlers,
      Handlers.prototype[handler],
    );
    context.setType(type);
    const handle = (): Observable<unknown> =>
      defer(() => {
        runs++;
        return stream;
      });
    return lastValueFrom((await interceptor.intercept(context, { handle })).pipe(toArray()));
  }

  it('lets through what has no key', async () => {
    expect(await ask('plain', of(1))).toEqual([1]);
    expect(await ask('plain', of(2))).toEqual([2]);
  });

  it('answers what is stored under a key, with its ttl', async () => {
    expect(await ask('keyed', of({ n: 1 }))).toEqual([{ n: 1 }]);
    expect(await ask('keyed', of({ n: 2 }))).toEqual([{ n: 1 }]);
    expect(runs).toBe(1);
    expect(await cache.ttl('keyed')).toBeGreaterThan(Date.now());
  });

  it('lets a stream through as it comes', async () => {
    expect(await ask('keyed', of(1, 2, 3))).toEqual([1, 2, 3]);
  });

  it('passes errors on, and stores nothing', async () => {
    await expect(
      ask(
        'keyed',
        throwError(() => new Error('no')),
      ),
    ).rejects.toThrow('no');
    expect(await ask('keyed', of(1))).toEqual([1]);
  });

  it('answers though nothing can be stored', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    await cache.disconnect();
    expect(await ask('keyed', of(1))).toEqual([1]);
    await eventually(() => logged.mock.calls.length > 0);
    expect(logged.mock.calls).toEqual([['An answer was not cached: The cache is closed']]);
    logged.mockRestore();
  });

  it('answers, and stores nothing, where the function for the ttl fails', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    expect(await ask('unsure', of(1))).toEqual([1]);
    expect(logged.mock.calls).toEqual([['An answer was not cached: no ttl']]);
    logged.mockRestore();
    expect(await cache.get('unsure')).toBeUndefined();
  });
});

describe('CacheInterceptor where the headers are sent already', () => {
  it('answers without the header', async () => {
    const cache = createCache();
    const interceptor = new CacheInterceptor(cache, new Reflector());
    const setHeader = jest.fn();
    const httpAdapter = { isHeadersSent: () => true, setHeader };
    Object.assign(interceptor, { httpAdapterHost: { httpAdapter } });
    const context = new ExecutionContextHost(
      [{ method: 'GET', headers: {} }, {}],
      Handlers,
      Handlers.prototype['keyed' satisfies keyof Handlers],
    );
    const answer = await interceptor.intercept(context, { handle: () => of('answer') });
    expect(await lastValueFrom(answer)).toBe('answer');
    expect(setHeader.mock.calls).toEqual([]);
    await cache.disconnect();
  });
});
