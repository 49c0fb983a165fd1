import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { request } from 'undici';
import { CacheTierModule } from '../../../../lib/nest/cache-tier.module.js';
import type { CacheTierRootOptions } from '../../../../lib/nest/cache-tier.options.js';
import { HttpCacheInterceptor } from '../../../../lib/nest/http/http-cache.interceptor.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { LogBook } from '../../support/nest-apps.js';

export type Platform = 'express' | 'fastify';

/** The platforms that each rule is tried on. */
export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];

export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An answer that has been read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** An application that listens. */
export interface HttpServer {
  readonly app: INestApplication;
  readonly url: string;
  readonly clock: ManualClock;
  /** Asks for a path. It sends the headers that it is given, where `fetch` adds some of its own. */
  get(path: string, headers?: Record<string, string>, method?: Method): Promise<HttpAnswer>;
}

interface Wanted extends ModuleMetadata {
  readonly cache?: CacheTierRootOptions;
  /** Whether the interceptor stands over the whole application. Default: true. */
  readonly isGlobal?: boolean;
  /** What is done with the application before it starts. */
  readonly prepare?: (app: INestApplication) => unknown;
}

/** The applications of a test file: each listens on a free port, and is closed after its test. */
export class HttpServers {
  readonly log = new LogBook();
  readonly #open: INestApplication[] = [];

  async start(platform: Platform, wanted: Wanted): Promise<HttpServer> {
    const { cache = {}, isGlobal = true, prepare, imports = [], providers = [], ...rest } = wanted;
    const clock = new ManualClock({ wallTime: Date.UTC(2026, 0, 1) });
    const module = await Test.createTestingModule({
      ...rest,
      imports: [CacheTierModule.forRoot({ clock, ...cache }), ...imports],
      providers: [
        ...providers,
        ...(isGlobal ? [{ provide: APP_INTERCEPTOR, useClass: HttpCacheInterceptor }] : []),
      ],
    })
      .setLogger(this.log)
      .compile();
    const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = module.createNestApplication(adapter);
    this.#open.push(app);
    await prepare?.(app);
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    return {
      app,
      url,
      clock,
      get: (path, headers, method) => ask(`${url}${path}`, headers, method),
    };
  }

  async closeAll(): Promise<void> {
    for (const app of this.#open.splice(0)) await app.close().catch(() => undefined);
  }
}

async function ask(
  url: string,
  headers: Record<string, string> = {},
  method: Method = 'GET',
): Promise<HttpAnswer> {
  const response = await request(url, { method, headers });
  const body = await response.body.text();
  const pairs = Object.entries(response.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((text): [string, string] => [name, text]),
  );
  return { status: response.statusCode, headers: new Headers(pairs), body };
}
