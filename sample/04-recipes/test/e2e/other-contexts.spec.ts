import type { ExecutionContext, ModuleMetadata, NestInterceptor, Type } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CacheTierModule } from 'nestjs-cache-tier';
import { CacheInterceptor, CacheModule } from 'nestjs-cache-tier/compat';
import { HttpCacheInterceptor } from 'nestjs-cache-tier/http';
import { eventually } from '../../../../test/support/patience.js';
import { MixedApp, runs } from '../support/mixed-app.js';

let app: MixedApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
  jest.restoreAllMocks();
});

const interceptors: [string, Type<NestInterceptor>, NonNullable<ModuleMetadata['imports']>][] = [
  ['HttpCacheInterceptor', HttpCacheInterceptor, [CacheTierModule.forRoot({ ttl: '1h' })]],
  ['CacheInterceptor of ./compat', CacheInterceptor, [CacheModule.register({ ttl: 3_600_000 })]],
];

const QUERY = '{ counted(id: 1) { run again } }';
const answered = (data: object): object => ({ status: 200, body: { data } });

describe.each(interceptors)('%s over a whole application', (_, interceptor, imports) => {
  /** The kinds of contexts that it was asked in. */
  function watch(): () => Set<string> {
    const asked = jest.spyOn(interceptor.prototype as NestInterceptor, 'intercept');
    return () =>
      new Set(
        asked.mock.calls.map(([context]: [ExecutionContext, ...unknown[]]) => context.getType()),
      );
  }

  it.each(['post', 'get'] as const)('lets a query of GraphQL by %s through', async (method) => {
    const contexts = watch();
    app = await MixedApp.start(interceptor, imports);
    for (const run of [1, 2, 3]) {
      expect(await app.query(QUERY, method)).toEqual(answered({ counted: { run, again: run } }));
    }
    expect([runs.get('query 1'), runs.get('field')]).toEqual([3, 3]);
    expect(contexts()).toEqual(new Set(['graphql']));
  });

  it('lets mutations and refusals of GraphQL through', async () => {
    app = await MixedApp.start(interceptor, imports);
    for (const change of [1, 2]) {
      expect(await app.query('mutation { change }')).toEqual(answered({ change }));
    }
    expect(await app.query('{ nothing }')).toMatchObject({ status: 400 });
  });

  it.each(['hybrid', 'microservice'] as const)(
    'lets messages and events over TCP through, in a %s',
    async (kind) => {
      const contexts = watch();
      app = await MixedApp.start(interceptor, imports, kind);
      for (const run of [1, 2, 3]) {
        expect(await app.send('message', 7)).toEqual([{ id: 7, run }]);
        expect(await app.send('stream', {})).toEqual([run, 8, 9]);
        await app.emit('event', 'told');
      }
      await eventually(() => runs.get('told') === 3);
      expect([runs.get('message'), runs.get('stream')]).toEqual([3, 3]);
      expect(contexts()).toEqual(new Set(['rpc']));
    },
  );

  it('answers routes of HTTP beside them from the cache', async () => {
    app = await MixedApp.start(interceptor, imports);
    for (let at = 0; at < 3; at++) {
      expect((await app.http.get('/route').expect(200)).body).toEqual({ run: 1 });
    }
  });
});

describe('a @CacheKey on what is not HTTP', () => {
  it('says nothing to HttpCacheInterceptor', async () => {
    app = await MixedApp.start(HttpCacheInterceptor, [CacheTierModule.forRoot()]);
    for (const run of [1, 2]) {
      expect(await app.query('{ keyed }')).toEqual(answered({ keyed: run }));
      expect(await app.send('keyed', {})).toEqual([run]);
    }
  });

  it('has CacheInterceptor of ./compat cache it', async () => {
    app = await MixedApp.start(CacheInterceptor, [CacheModule.register()]);
    for (let at = 0; at < 2; at++) {
      expect(await app.query('{ keyed }')).toEqual(answered({ keyed: 1 }));
      expect(await app.send('keyed', {})).toEqual([1]);
    }
  });
});
