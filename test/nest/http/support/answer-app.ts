import { Controller, Get, Res } from '@nestjs/common';
import type { CacheTierRootOptions } from '../../../../lib/nest/cache-tier.options.js';
import { HttpCache } from '../../../../lib/nest/http/http-cache.decorator.js';
import type { HttpCacheOptions } from '../../../../lib/nest/http/http-cache.options.js';
import type { HttpServer, HttpServers, Platform } from './http-servers.js';

/** What both frameworks' responses have under the same names. */
export interface AnyResponse {
  status(status: number): this;
  header(name: string, value: string | string[]): this;
}

/** What a handler answers. */
export interface HandlerAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: unknown;
  /** What is thrown in the place of an answer. */
  readonly error?: Error;
}

/** An application whose one route, `GET /answer`, answers as it is told. */
export interface AnswerApp extends HttpServer {
  /** How often the handler has run. */
  readonly runs: number;
  answer: HandlerAnswer;
}

export async function startAnswerApp(
  servers: HttpServers,
  platform: Platform,
  options: HttpCacheOptions = {},
  answer: HandlerAnswer = {},
  cache: CacheTierRootOptions = {},
): Promise<AnswerApp> {
  const state = { runs: 0, answer };
  @Controller('answer')
  class AnswerController {
    @Get()
    @HttpCache({ ttl: '1m', ...options })
    find(@Res({ passthrough: true }) response: AnyResponse): unknown {
      state.runs++;
      const { status, headers = {}, body = { city: 'Paris' }, error } = state.answer;
      if (status !== undefined) response.status(status);
      for (const [name, value] of Object.entries(headers)) response.header(name, value);
      if (error !== undefined) throw error;
      return body;
    }
  }
  const server = await servers.start(platform, { controllers: [AnswerController], cache });
  return Object.assign(state, server);
}
