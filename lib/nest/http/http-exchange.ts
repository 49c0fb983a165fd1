import {
  GatewayTimeoutException,
  HttpException,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { of, tap, type Observable } from 'rxjs';
import { LoadTimeoutError } from '../../contract/errors.js';
import { admit } from './bypass.js';
import { NOTHING_ASKED, requestDirectives, type RequestDirectives } from './cache-control.js';
import { isMistake, isOfCache } from './cache-failure.js';
import type { CacheStatus, Forwarded } from './cache-status.js';
import { runHandler, type HandlerOutcome } from './handler-run.js';
import type { HttpCacheMethod } from './http-cache.options.js';
import type { HttpPlan } from './http-plan.js';
import type { HttpRequest } from './http-request.js';
import { keyOf, resourceOf, tagsOf, type RequestResource } from './request-resource.js';
import type { ResponsePort } from './response-port.js';
import { ResponseStart } from './response-start.js';
import type { RouteAnswer } from './route-answer.js';
import { RouteLookup } from './route-lookup.js';
import type { SharedOutcome } from './run-failures.js';
import { sendStored, setCacheStatus, setPlanVary, setVary } from './send-stored.js';
import { isStoredValue, type StoredResponse } from './stored-response.js';
import { pathTag } from './unsafe-request.js';

/** What Nest is to send, now or later. */
type Answer = Observable<unknown> | Promise<Observable<unknown>>;

/** One request to a route whose answers are kept. */
export class HttpExchange {
  #start: ResponseStart | undefined;

  constructor(
    private readonly plan: HttpPlan,
    private readonly context: ExecutionContext,
    private readonly next: CallHandler,
    private readonly request: HttpRequest,
    private readonly response: object,
    private readonly port: ResponsePort,
  ) {}

  /** What Nest is to send. It throws, or rejects with, what is to be sent as an error. */
  answer(): Answer {
    const { plan, request, port, context } = this;
    const admitted = admit(plan, request, port, context);
    const asks = this.#directives();
    if ('bypass' in admitted) {
      const status = { forwarded: 'bypass', detail: admitted.bypass } as const;
      return this.#pass(asks, status, admitted.bypass !== 'body');
    }
    const resource = resourceOf(plan, context, request);
    if (resource === undefined) return this.#pass(asks, { forwarded: 'bypass', detail: 'key' });
    if (asks.noStore) return this.#pass(asks, { forwarded: 'request', detail: 'no-store' });
    const asked = { principal: admitted.principal, resource };
    if (asks !== NOTHING_ASKED || request.method === 'HEAD') {
      const isBound = asks.maxAge !== undefined || asks.minFresh !== undefined;
      return this.#askBound(this.#lookup(asked, isBound), asks);
    }
    const held = plan.cache.hit<unknown>(keyOf(plan, request, asked, 'GET', plan.vary));
    return held === undefined ? this.#load(this.#lookup(asked)) : this.#answerHeld(held, asked);
  }

  /** The way of a hit. */
  async #answerHeld(held: Promise<unknown>, asked: RequestResource): Promise<Observable<unknown>> {
    const value = await held;
    if (!isStoredValue(value)) return this.#load(this.#lookup(asked));
    if (value.kind === 'variants' || value.kind === 'refusal') {
      return this.#send(await this.#lookup(asked).load('GET', value));
    }
    return of(this.#sendStored(value, this.#hit(value, this.plan.tiers[0]), true));
  }

  async #load(lookup: RouteLookup): Promise<Observable<unknown>> {
    return this.#send(await lookup.load('GET'));
  }

  /** For what is not asked for by a plain GET. */
  async #askBound(lookup: RouteLookup, asks: RequestDirectives): Promise<Observable<unknown>> {
    const method = this.request.method === 'HEAD' ? 'HEAD' : 'GET';
    const { reload, onlyIfCached } = asks;
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
    return this.#sendSuiting(await lookup.load(method), asks);
  }

  /** A load may come to what is stale where it has failed or was another's: that is not for a client who has said how old it may be. */
  #sendSuiting(answer: RouteAnswer, asks: RequestDirectives): Observable<unknown> {
    const { value, own, shared } = answer;
    const isNew = own?.stored !== undefined || shared !== undefined;
    if (value === undefined || isNew || this.#suits(value, asks)) return this.#send(answer);
    const forwarded = 'stale';
    return own === undefined
      ? this.#alone({ forwarded })
      : of(this.#sendUnkept(own, { forwarded }));
  }

  #send(answer: RouteAnswer): Observable<unknown> {
    this.#isAnswered();
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
    return shared === undefined ? this.#alone({ forwarded }) : this.#sendShared(shared, forwarded);
  }

  #sendFailure({ own, shared, forwarded }: RouteAnswer, error: unknown): Observable<unknown> {
    if (own !== undefined) return of(this.#sendUnkept(own, { forwarded }));
    if (shared !== undefined) return this.#sendShared(shared, forwarded);
    if (isOfCache(error)) return this.#alone({ forwarded, detail: 'cache-error' });
    const isTimeout = error instanceof LoadTimeoutError;
    // Nobody knows whose it is: it may be meant for another client.
    if (!isTimeout && !isMistake(error)) return this.#alone({ forwarded });
    this.#setStatus({ forwarded });
    setPlanVary(this.port, this.plan);
    throw isTimeout ? new ServiceUnavailableException(undefined, { cause: error }) : error;
  }

  /** What another request's run came to where nothing of it is kept: an exception is told, all else is for one client. */
  #sendShared(shared: SharedOutcome, forwarded: Forwarded): Observable<unknown> {
    const { result, refusal, told, vary, status } = shared;
    const isForAll = refusal === undefined || refusal === 'status';
    if (!('error' in result) || !isForAll) return this.#alone({ forwarded, detail: refusal });
    for (const [name, value] of Object.entries(told)) {
      if (name !== 'vary') this.port.set(name, value);
    }
    setVary(this.port, vary);
    this.#setStatus({ forwarded, forwardedStatus: status, collapsed: true });
    this.#finish(false);
    throw result.error;
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
      if (port.mayHaveSetCookies) plan.cache.remove(key).catch(() => undefined);
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
    this.#finish(false);
    if ('error' in own.result) throw own.result.error;
    return own.result.value;
  }

  #sendStored(stored: StoredResponse, status: CacheStatus, isOlder: boolean): unknown {
    const { plan, port, request } = this;
    const age = isOlder ? this.#ageOf(stored) : undefined;
    return sendStored(stored, { plan, port, headers: request.headers, status, age });
  }

  /** Lets the request pass by the cache; one that asks for what is kept is not to run a handler. */
  #pass(asks: RequestDirectives, status: CacheStatus, isPersonal = false): Observable<unknown> {
    return asks.onlyIfCached ? this.#refuse() : this.#alone(status, isPersonal);
  }

  /** Runs the handler for this request alone, and keeps nothing. */
  #alone(status: CacheStatus, isPersonal = false): Observable<unknown> {
    this.#isAnswered();
    this.#setStatus(status);
    const finish = (): void => this.#finish(isPersonal);
    return this.next.handle().pipe(tap({ complete: finish, error: finish }));
  }

  /** Tells caches on the way what they must not keep either, where the handler says nothing. */
  #finish(isPersonal: boolean): void {
    const { port, plan } = this;
    if (port.isSent) return;
    setPlanVary(port, plan);
    if (port.header('cache-control') !== undefined) return;
    if (port.setsCookies) port.set('cache-control', 'private, no-store');
    else if (isPersonal || plan.rules.isPrivate) port.set('cache-control', 'private, no-cache');
  }

  /** @throws GatewayTimeoutException */
  #refuse(): never {
    this.#setStatus({ detail: 'only-if-cached' });
    setPlanVary(this.port, this.plan);
    throw new GatewayTimeoutException('Not in the cache, and only-if-cached');
  }

  #setStatus(status: CacheStatus): void {
    setCacheStatus(this.plan, this.port, status);
  }

  #hit(stored: StoredResponse, tier: string | undefined): CacheStatus {
    return { hit: true, ttl: stored.ttl - this.#ageOf(stored), detail: tier };
  }

  #suits(stored: StoredResponse, { maxAge, minFresh }: RequestDirectives): boolean {
    if (maxAge === undefined && minFresh === undefined) return true;
    const age = this.#ageOf(stored);
    const left = stored.ttl - age;
    return left > 0 && age <= (maxAge ?? age) && left >= (minFresh ?? 0);
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

  #isAnswered(): void {
    if (this.#start !== undefined) this.#start.isAnswered = true;
  }

  /** @param isPatient whether a load is to be waited for, where a stale answer may be given otherwise */
  #lookup(asked: RequestResource, isPatient = false): RouteLookup {
    const { plan, context, request, port, response, next } = this;
    const { rules, redirect, cache, compute } = plan;
    // A run may begin when an older answer has been sent already.
    const start = new ResponseStart(port);
    this.#start = start;
    const wallTime = (): number => cache.clock.wallTime();
    return new RouteLookup({
      plan,
      headers: request.headers,
      keyOf: (method, names) => keyOf(plan, request, asked, method, names),
      compute: isPatient ? { ...compute, softTimeout: false } : compute,
      tags: () => tagsOf(plan, context),
      pathTag: () => (plan.isChanged ? pathTag(request) : undefined),
      run: () => runHandler({ next, port, start, response, rules, redirect, wallTime }),
    });
  }
}
