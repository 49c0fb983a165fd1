import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/constants.js';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { of, tap, type Observable } from 'rxjs';
import { writesItself } from '../nest/response-parameter.js';
import { propertyOf } from '../nest/route-handlers.js';
import type { Cache } from './cache.js';
import { CACHE_KEY_METADATA, CACHE_MANAGER, CACHE_TTL_METADATA } from './constants.js';
import type { CacheKeyFactory, CacheTTLFactory } from './decorators.js';
import { runShared, type Lifetime } from './shared-run.js';

const logger = new Logger('CacheInterceptor');

/** What is asked of a request, of Express and of Fastify. */
interface RequestLike {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/**
 * Keeps what handlers answer to GET requests, under their URLs or what `@CacheKey` says. Equal requests that come at
 * the same time share one run of the handler. Requests with `Authorization` or `Cookie` are not cached: see
 * `isPersonal`.
 *
 * @publicApi
 */
@Injectable()
export class CacheInterceptor implements NestInterceptor {
  @Optional()
  @Inject(HttpAdapterHost)
  protected readonly httpAdapterHost!: HttpAdapterHost;

  /** The methods of requests that are cached. */
  protected allowedMethods = ['GET'];

  constructor(
    @Inject(CACHE_MANAGER) protected readonly cacheManager: Cache,
    @Inject(Reflector) protected readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const key = this.#hasAnswer(context) ? await this.trackBy(context) : undefined;
    if (!key || this.isPersonal(context)) return next.handle();
    // What Nest's own answers to messages are may be streams of many values; those of HTTP are one.
    if (context.getType() !== 'http') return this.#watch(key, context, next);
    const { value, ran } = await runShared(this.cacheManager, {
      key,
      ttl: this.#lifetimeOf(context),
      handle: () => next.handle(),
      failed: notKept,
    });
    this.setHeadersWhenHttp(context, ran ? undefined : value, !ran);
    return of(value);
  }

  /** The key of a request; `undefined` for one that is not to be cached. */
  protected trackBy(
    context: ExecutionContext,
  ): Promise<string | undefined | null> | string | undefined | null {
    const noted = this.reflector.get<string | CacheKeyFactory | undefined>(
      CACHE_KEY_METADATA,
      context.getHandler(),
    );
    if (noted) return typeof noted === 'function' ? noted(context) : noted;
    const adapter = this.httpAdapterHost?.httpAdapter;
    if (adapter === undefined || adapter === null || !this.isRequestCacheable(context))
      return undefined;
    return adapter.getRequestUrl(context.switchToHttp().getRequest()) as string;
  }

  /** Whether a request may be answered from the cache, where no `@CacheKey` says so. */
  protected isRequestCacheable(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return false;
    const { method } = requestOf(context);
    return method !== undefined && this.allowedMethods.includes(method);
  }

  /**
   * Whether the answer may be for one person alone, so that it is not cached, whatever its key. By default that is so
   * for requests with `Authorization` or `Cookie`. Answer `false` where every key is made with care for who asks.
   */
  protected isPersonal(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return false;
    const { headers = {} } = requestOf(context);
    return headers['authorization'] !== undefined || headers['cookie'] !== undefined;
  }

  /** @param isHit whether the answer is one that was there; by default, whether there is a value */
  protected setHeadersWhenHttp(
    context: ExecutionContext,
    value: unknown,
    isHit: boolean = value !== undefined && value !== null,
  ): void {
    const adapter = this.httpAdapterHost?.httpAdapter;
    if (adapter === undefined || adapter === null) return;
    const response: unknown = context.switchToHttp().getResponse();
    // A handler may have sent its answer itself, although it has said that Nest is to.
    if (adapter.isHeadersSent(response)) return;
    adapter.setHeader(response, 'X-Cache', isHit ? 'HIT' : 'MISS');
  }

  async #watch(
    key: string,
    context: ExecutionContext,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    const held: unknown = await this.cacheManager.get(key);
    if (held !== undefined) return of(held);
    const lifetime = this.#lifetimeOf(context);
    let ttl: number | undefined;
    try {
      ttl = typeof lifetime === 'function' ? await lifetime() : lifetime;
    } catch (error) {
      notKept(error);
      return next.handle();
    }
    return next.handle().pipe(
      tap((value: unknown) => {
        this.cacheManager.set(key, value, ttl).catch(notKept);
      }),
    );
  }

  #lifetimeOf(context: ExecutionContext): Lifetime {
    const ttl = this.reflector.getAllAndOverride<number | CacheTTLFactory | undefined>(
      CACHE_TTL_METADATA,
      [context.getHandler(), context.getClass()],
    );
    return typeof ttl === 'function' ? async () => ttl(context) : (ttl ?? undefined);
  }

  /** Whether what a handler returns is what is sent: events have no end, and who has the response sends it itself. */
  #hasAnswer(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    if (this.reflector.get<boolean | undefined>(SSE_METADATA, handler) === true) return false;
    const type = context.getClass();
    return context.getType() !== 'http' || !writesItself(type, propertyOf(type, handler));
  }
}

function requestOf(context: ExecutionContext): RequestLike {
  return context.switchToHttp().getRequest<RequestLike | undefined>() ?? {};
}

/** The request is answered nevertheless. No value is logged. */
function notKept(error: unknown): void {
  logger.error(`An answer was not cached: ${error instanceof Error ? error.message : 'it failed'}`);
}
