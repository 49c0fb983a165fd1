import type { ServerResponse } from 'node:http';
import {
  Inject,
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { writesItself } from '../response-parameter.js';
import { propertyOf } from '../route-handlers.js';
import { HTTP_CACHE_DEFAULTS } from './http-cache.module.js';
import type { HttpCacheOptions } from './http-cache.options.js';
import { ExpressPort } from './express-port.js';
import { FastifyPort, type FastifyReply } from './fastify-port.js';
import { HttpExchange } from './http-exchange.js';
import { HttpPlans } from './http-plans.js';
import type { HttpRequest } from './http-request.js';
import type { ResponsePort } from './response-port.js';
import { routeLabel } from './route-names.js';
import { isSafe, voidAfter } from './unsafe-request.js';

/** Requests that one such interceptor has taken already: another inside it would wait for itself. */
const taken = new WeakSet<object>();

/**
 * Answers GET and HEAD from the cache, by the rules of RFC 9111, where it stands: over the application (`APP_INTERCEPTOR`),
 * a controller, or a route. Requests that say who asks pass by it, unless the route is `private`.
 *
 * Where the application starts, it refuses options that cannot work with an `InvalidOptionError`.
 *
 * @publicApi
 */
@Injectable()
export class HttpCacheInterceptor implements NestInterceptor, OnModuleInit {
  readonly #plans: HttpPlans;

  /** @internal */
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Optional() @Inject(HTTP_CACHE_DEFAULTS) defaults?: HttpCacheOptions,
  ) {
    this.#plans = new HttpPlans(moduleRef, defaults ?? {});
  }

  /** Looks over the application's routes. @throws InvalidOptionError */
  onModuleInit(): void {
    this.#plans.check(this.modules);
  }

  /** Answers a request, or lets it pass by; what is no request of HTTP is not looked at. */
  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const plan = this.#plans.of(context.getClass(), context.getHandler());
    if (taken.has(request)) return next.handle();
    if (plan?.methods.includes(request.method) !== true) return this.#passBy(context, next);
    const response = http.getResponse<object>();
    const port = this.#portOf(response);
    if (port === undefined) return next.handle();
    taken.add(request);
    return new HttpExchange(plan, context, next, request, response, port).answer();
  }

  /** What has changed something voids what is kept for the same URL (RFC 9111, 4.4). */
  #passBy(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    if (isSafe(request.method)) return next.handle();
    const type = context.getClass();
    const handler = context.getHandler();
    const caches = this.#plans.changedBy(type, handler);
    const port = caches.length === 0 ? undefined : this.#portOf(http.getResponse<object>());
    if (port === undefined) return next.handle();
    taken.add(request);
    return voidAfter(next.handle(), {
      request,
      port,
      caches,
      label: routeLabel(type, handler),
      writesItself: writesItself(type, propertyOf(type, handler)),
    });
  }

  #portOf(response: object): ResponsePort | undefined {
    const type = this.host.httpAdapter?.getType();
    if (type === 'express') return new ExpressPort(response as ServerResponse);
    return type === 'fastify' ? new FastifyPort(response as FastifyReply) : undefined;
  }
}
