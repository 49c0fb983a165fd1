import {
  GatewayTimeoutException,
  HttpException,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { of, tap, type Observable } from 'rxjs';
import {
  CacheTierError,
  InvalidKeyError,
  InvalidOptionError,
  InvalidTtlError,
  LoadTimeoutError,
} from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { admit } from './bypass.js';
import { NOTHING_ASKED, requestDirectives, type RequestDirectives } from './cache-control.js';
import type { CacheStatus } from './cache-status.js';
import { runHandler, type HandlerOutcome } from './handler-run.js';
import type { HttpCacheMethod } from './http-cache.options.js';
import type { HttpPlan } from './http-plan.js';
import type { HttpRequest } from './http-request.js';
import { normalUrl, requestKey } from './request-key.js';
import type { ResponsePort } from './response-port.js';
import type { RouteAnswer } from './route-answer.js';
import { RouteLookup } from './route-lookup.js';
import { sendStored, setCacheStatus, setVary } from './send-stored.js';
import type { StoredResponse } from './stored-response.js';
import { variantOf } from './variants.js';

/** One request to a route whose answers are kept. */
export class HttpExchange {
  constructor(
    private readonly plan: HttpPlan,
    private readonly context: ExecutionContext,
    private readonly next: CallHandler,
    private readonly request: HttpRequest,
    private readonly response: object,
    private readonly port: ResponsePort,
  ) {}

  /** What Nest is to send. It rejects with what is to be sent as an error. */
  async answer(): Promise<Observable<unknown>> {
    const { plan, request, port, context } = this;
    const admitted = admit(plan, request, port, context);
    if ('bypass' in admitted) {
      const isPersonal = admitted.bypass !== 'body';
      return this.#alone({ forwarded: 'bypass', detail: admitted.bypass }, isPersonal);
    }
    const resource = this.#resource();
    if (resource === undefined) return this.#alone({ forwarded: 'bypass', detail: 'key' });
    const asks = this.#directives();
    if (asks.noStore) return this.#alone({ forwarded: 'request', detail: 'no-store' });
    return this.#askCache(this.#lookup(admitted.principal, resource), asks);
  }

  async #askCache(lookup: RouteLookup, asks: RequestDirectives): Promise<Observable<unknown>> {
    const method = this.request.method === 'HEAD' ? 'HEAD' : 'GET';
    const { reload, onlyIfCached } = asks;
    const isBound =
      reload || onlyIfCached || asks.maxAge !== undefined || asks.minFresh !== undefined;
    if (!isBound && method === 'GET') return this.#send(await lookup.load(method));
    // What GET is answered, HEAD may be as well; the other way round a handler may have left out what HEAD does not need.
    const methods: HttpCacheMethod[] = method === 'HEAD' ? ['GET', 'HEAD'] : ['GET'];
    for (const kept of methods) {
      const found = await lookup.find(kept);
      const { value, tier } = found;
      if (value !== undefined && !reload && this.#suits(value, asks)) {
        return of(this.#sendStored(value, this.#hit(value, tier), true));
      }
      if (kept !== method) continue;
      if (onlyIfCached) return this.#refuse();
      if (reload || value !== undefined) return this.#send(await lookup.reload(method, found));
    }
    return this.#send(await lookup.load(method));
  }

  #send(answer: RouteAnswer): Observable<unknown> {
    const { value, own, shared, tier, failure, forwarded } = answer;
    if (failure !== undefined) return this.#sendFailure(answer, failure.error);
    if (own !== undefined) {
      if (own.stored !== undefined) return of(this.#sendOwn(own, own.stored, answer));
      if (value === undefined) return of(this.#sendUnkept(own, { forwarded, detail: own.refusal }));
      // It has failed, and there was an older answer.
      const status = { forwarded: 'stale', forwardedStatus: own.status } as const;
      return of(this.#sendStored(value, status, true));
    }
    if (value !== undefined) {
      if (shared === undefined) return of(this.#sendStored(value, this.#hit(value, tier), true));
      return of(this.#sendStored(value, { forwarded, collapsed: true }, false));
    }
    if (shared !== undefined && 'error' in shared.result && mayShareError(shared)) {
      this.#setStatus({ forwarded, forwardedStatus: shared.status, collapsed: true });
      throw shared.result.error;
    }
    return this.#alone({ forwarded, detail: shared?.refusal });
  }

  #sendFailure({ own, shared, forwarded }: RouteAnswer, error: unknown): Observable<unknown> {
    if (own !== undefined) return of(this.#sendUnkept(own, { forwarded }));
    if (shared !== undefined && !mayShareError(shared)) {
      return this.#alone({ forwarded, detail: shared.refusal });
    }
    if (isOfCache(error)) return this.#alone({ forwarded, detail: 'cache-error' });
    this.#setStatus({ forwarded });
    if (error instanceof LoadTimeoutError) {
      throw new ServiceUnavailableException(undefined, { cause: error });
    }
    throw error;
  }

  #sendOwn(
    own: HandlerOutcome,
    stored: StoredResponse,
    { forwarded, isKept, key }: RouteAnswer,
  ): unknown {
    own.headers.apply();
    if (isKept) this.#dropIfPersonal(key);
    const body = this.#sendStoredUnlessError(stored, { forwarded, stored: isKept });
    // The exception itself, for filters that look at more than what it answers.
    if ('error' in own.result) throw own.result.error;
    return body;
  }

  /** Sessions are told to clients when the headers are sent. An answer that began one is not for others. */
  #dropIfPersonal(key: string): void {
    const { port, plan } = this;
    port.onceSent(() => {
      if (port.headers()['set-cookie'] === undefined) return;
      plan.cache.remove(key).catch(() => undefined);
    });
  }

  #sendStoredUnlessError(stored: StoredResponse, status: CacheStatus): unknown {
    try {
      return this.#sendStored(stored, status, false);
    } catch (error) {
      if (stored.kind === 'error' && error instanceof HttpException) return undefined;
      throw error;
    }
  }

  #sendUnkept(own: HandlerOutcome, status: CacheStatus): unknown {
    own.headers.apply();
    const isError = 'error' in own.result;
    this.#setStatus(isError ? { ...status, forwardedStatus: own.status } : status);
    if ('error' in own.result) throw own.result.error;
    this.#finish(false);
    return own.result.value;
  }

  #sendStored(stored: StoredResponse, status: CacheStatus, isOlder: boolean): unknown {
    const { plan, port, request } = this;
    const age = isOlder ? this.#ageOf(stored) : undefined;
    return sendStored(stored, { plan, port, headers: request.headers, status, age });
  }

  /** Runs the handler for this request alone, and keeps nothing. */
  #alone(status: CacheStatus, isPersonal = false): Observable<unknown> {
    this.#setStatus(status);
    return this.next.handle().pipe(tap({ complete: () => this.#finish(isPersonal) }));
  }

  /** Tells caches on the way what they must not keep either, where the handler says nothing. */
  #finish(isPersonal: boolean): void {
    const { port, plan } = this;
    if (isPersonal) setVary(port, plan.varyOut);
    if (port.header('cache-control') !== undefined) return;
    if (port.headers()['set-cookie'] !== undefined) port.set('cache-control', 'private, no-store');
    else if (isPersonal) port.set('cache-control', 'private, no-cache');
  }

  /** @throws GatewayTimeoutException */
  #refuse(): never {
    this.#setStatus({ detail: 'only-if-cached' });
    throw new GatewayTimeoutException('Not in the cache, and only-if-cached');
  }

  #setStatus(status: CacheStatus): void {
    setCacheStatus(this.plan, this.port, status);
  }

  #hit(stored: StoredResponse, tier: string | undefined): CacheStatus {
    return { hit: true, ttl: stored.ttl - this.#ageOf(stored), detail: tier };
  }

  #suits(stored: StoredResponse, { maxAge, minFresh }: RequestDirectives): boolean {
    const age = this.#ageOf(stored);
    return (
      (maxAge === undefined || age <= maxAge) &&
      (minFresh === undefined || stored.ttl - age >= minFresh)
    );
  }

  #ageOf({ date }: StoredResponse): number {
    // The clock of the process that stored it may be ahead of this one's.
    return Math.max(0, this.plan.cache.clock.wallTime() - date);
  }

  #directives(): RequestDirectives {
    const { headers } = this.request;
    return this.plan.clientDirectives
      ? requestDirectives(headers['cache-control'], headers['pragma'])
      : NOTHING_ASKED;
  }

  #resource(): string | undefined {
    const { plan, context, request } = this;
    if (plan.key === undefined) return normalUrl(request.originalUrl ?? request.url);
    const key: unknown = typeof plan.key === 'function' ? plan.key(context) : plan.key;
    if (key === undefined || (typeof key === 'string' && key !== '')) return key;
    throw new InvalidOptionError(
      `${plan.label}: key`,
      `answers a non-empty string, or undefined to pass by the cache; got ${quote(key)}`,
    );
  }

  #lookup(principal: string | undefined, resource: string): RouteLookup {
    const { plan, context, request, port, response, next } = this;
    const { tags, rules, redirect, cache } = plan;
    const { headers, hosts } = request;
    const host = hosts === undefined ? '' : JSON.stringify(hosts);
    const route = plan.key === undefined ? `${plan.route}${host}` : '';
    const wallTime = (): number => cache.clock.wallTime();
    return new RouteLookup({
      plan,
      headers,
      keyOf: (method, names) =>
        requestKey(
          { method, principal, variant: variantOf(names, headers), route, resource },
          cache.maxKeyLength,
        ),
      tags: () => (typeof tags === 'function' ? tags(context) : tags),
      run: () => runHandler({ next, port, response, rules, redirect, wallTime }),
    });
  }
}

/** An exception that sets cookies, or says that it must not be kept, is for one client alone. */
function mayShareError({ refusal }: HandlerOutcome): boolean {
  return refusal === undefined || refusal === 'status';
}

/** Whether it is the cache that has failed: then the handler answers. */
function isOfCache(error: unknown): boolean {
  if (!(error instanceof CacheTierError) || error instanceof LoadTimeoutError) return false;
  return ![InvalidOptionError, InvalidKeyError, InvalidTtlError].some(
    (type) => error instanceof type,
  );
}
