import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { TieredCache } from '../../core/tiered-cache.js';
import { registeredCaches } from '../cache-names.js';
import { getCacheToken } from '../tokens.js';
import {
  isNeverStored,
  settingOfClass,
  settingOfMethod,
  uncacheable,
} from './http-cache.decorator.js';
import type { HttpCacheOptions } from './http-cache.options.js';
import { httpPlan, type HttpPlan } from './http-plan.js';
import { handlersOf, type HandlerFunction } from '../route-handlers.js';
import { routeLabel, RouteNames } from './route-names.js';
import { RouteTable } from './route-table.js';

/** The plans of an application's routes, each made when it is first needed. */
export class HttpPlans {
  readonly #plans = new WeakMap<object, WeakMap<object, HttpPlan | 'none'>>();
  readonly #names = new RouteNames();
  readonly #changed = new WeakMap<object, WeakMap<object, readonly TieredCache[]>>();
  #table: RouteTable | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly defaults: HttpCacheOptions,
  ) {}

  /** How a route is cached; `undefined` where it is not. */
  of(type: HandlerFunction, handler: HandlerFunction): HttpPlan | undefined {
    let ofType = this.#plans.get(type);
    if (ofType === undefined) this.#plans.set(type, (ofType = new WeakMap()));
    let plan = ofType.get(handler);
    if (plan === undefined) ofType.set(handler, (plan = this.#make(type, handler)));
    return plan === 'none' ? undefined : plan;
  }

  /** The caches that keep answers which a route of another method may change; none where it is to pass by. */
  changedBy(type: HandlerFunction, handler: HandlerFunction): readonly TieredCache[] {
    let ofType = this.#changed.get(type);
    if (ofType === undefined) this.#changed.set(type, (ofType = new WeakMap()));
    let caches = ofType.get(handler);
    if (caches === undefined) ofType.set(handler, (caches = this.#cachesAt(type, handler)));
    return caches;
  }

  /** Refuses options of the application's routes that cannot work. @throws InvalidOptionError */
  check(modules: ModulesContainer): void {
    this.#table = new RouteTable(modules);
    if (this.defaults.cache !== undefined || registeredCaches(modules).length === 0) {
      this.#cache(this.defaults.cache, 'HttpCacheInterceptor');
    }
    for (const module of modules.values()) {
      for (const { metatype } of module.controllers.values()) {
        if (typeof metatype === 'function') this.#checkController(metatype);
      }
    }
  }

  #checkController(type: HandlerFunction): void {
    for (const handler of handlersOf(type)) {
      // All of them, in the order of the application, and not in that of the requests.
      this.#names.of(type, handler);
      const setting = settingOfMethod(handler);
      const reason = uncacheable(type, handler);
      if (setting !== undefined && setting !== false && reason !== undefined) {
        throw new InvalidOptionError(`@HttpCache on ${routeLabel(type, handler)}`, reason);
      }
      const isDecorated = (setting ?? settingOfClass(type)) !== undefined;
      if (isDecorated) this.of(type, handler);
    }
  }

  #make(type: HandlerFunction, handler: HandlerFunction): HttpPlan | 'none' {
    const ofClass = settingOfClass(type);
    const ofMethod = settingOfMethod(handler);
    if ((ofMethod ?? ofClass) === false || uncacheable(type, handler) !== undefined) return 'none';
    if (isNeverStored(handler)) return 'none';
    const options = { ...this.defaults, ...ofClass, ...ofMethod };
    // Where all caches have names, a route that nobody has named one for is not cached.
    const isNamed = options.cache !== undefined || (ofMethod ?? ofClass) !== undefined;
    if (!isNamed && this.#provided(undefined) === undefined) return 'none';
    const cache = this.#cache(options.cache, `@HttpCache on ${routeLabel(type, handler)}`);
    if (cache === undefined) return 'none';
    const meeting = this.#table?.meeting(type, handler) ?? [];
    const hasUnsafe = meeting.some(({ isUnsafe }) => isUnsafe);
    return httpPlan(type, handler, cache, options, this.#names.of(type, handler), hasUnsafe);
  }

  #cachesAt(type: HandlerFunction, handler: HandlerFunction): readonly TieredCache[] {
    if ((settingOfMethod(handler) ?? settingOfClass(type)) === false) return [];
    const meeting = this.#table?.meeting(type, handler) ?? [];
    const plans = meeting
      .filter(({ isRead }) => isRead)
      .map((route) => this.of(route.type, route.handler));
    return [...new Set(plans.flatMap((plan) => (plan?.isChanged === true ? [plan.root] : [])))];
  }

  /** The cache of a name. What a test has put in its place is none, and then nothing is cached. */
  #cache(name: string | undefined, label: string): TieredCache | undefined {
    const cache: unknown = this.#provided(name);
    if (cache !== undefined) return cache instanceof TieredCache ? cache : undefined;
    throw new InvalidOptionError(
      `${label}: cache`,
      name === undefined
        ? 'there is no unnamed cache: import CacheTierModule.forRoot(), or name a cache'
        : `no cache is called ${quote(name)}: import CacheTierModule.forRoot({ name })`,
    );
  }

  #provided(name: string | undefined): unknown {
    try {
      return this.moduleRef.get<unknown>(getCacheToken(name), { strict: false });
    } catch {
      return undefined;
    }
  }
}
