import {
  Inject,
  Injectable,
  Logger,
  type InjectionToken,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Clock } from '../../contract/clock.js';
import { CacheTierError, InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { TieredCache } from '../../core/tiered-cache.js';
import type { WarmUpTally } from '../../core/warm-up/warm-up-tally.js';
import { CACHE_NAME, getCacheToken, WARM_UP } from '../tokens.js';
import { warmUpHealth, type WarmUpHealth, type WarmUpState } from './warm-up-health.js';
import type { WarmUpPlan } from './warm-up.options.js';

const logger = new Logger('CacheTier');

/** What the runner is to do. */
export interface WarmUpSetting {
  readonly plan: WarmUpPlan | undefined;
  readonly clock: Clock;
}

/**
 * Runs the warm-up of the option `warmUp`, in the background: the application starts meanwhile, and works where
 * it fails. Health asks it how far it is.
 */
@Injectable()
export class WarmUpRunner implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #abort = new AbortController();
  #state: WarmUpState = 'running';
  #startedAt: number | undefined;
  #cache: TieredCache | undefined;
  #tally: WarmUpTally | undefined;
  #needed: unknown[] = [];

  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(CACHE_NAME) private readonly name: string | null,
    @Inject(WARM_UP) private readonly setting: WarmUpSetting,
  ) {}

  /** How far it is; `undefined` where there is none. */
  get health(): WarmUpHealth | undefined {
    const { plan, clock } = this.setting;
    if (plan === undefined || this.#tally === undefined) return undefined;
    return warmUpHealth(this.#state, this.#tally.progress, {
      elapsed: this.#startedAt === undefined ? 0 : clock.now() - this.#startedAt,
      timeout: plan.timeout,
    });
  }

  /** @throws InvalidOptionError when there is not what the warm-up needs: the start fails, as for any provider */
  onModuleInit(): void {
    const { plan } = this.setting;
    if (plan === undefined) return;
    this.#needed = plan.inject.map((token, index) => this.#resolve(token, index));
    // By its public token: a test may have put another cache in its place, or a mock, which is not warmed up.
    const cache = this.moduleRef.get<unknown>(getCacheToken(this.name ?? undefined));
    if (!(cache instanceof TieredCache)) return;
    this.#cache = cache;
    this.#tally = cache.tallyWarmUps();
  }

  onApplicationBootstrap(): void {
    const { plan, clock } = this.setting;
    if (plan === undefined || this.#cache === undefined) return;
    this.#startedAt = clock.now();
    void this.#run(plan, this.#cache);
  }

  onModuleDestroy(): void {
    if (this.#state === 'running') this.#state = 'stopped';
    this.#abort.abort();
  }

  async #run(plan: WarmUpPlan, cache: TieredCache): Promise<void> {
    try {
      const warmUp: unknown = await plan.useFactory(...this.#needed);
      if (typeof warmUp !== 'function') {
        throw new InvalidOptionError(
          'warmUp.useFactory',
          `answers a function of the cache and a signal; it has answered ${quote(warmUp)}`,
        );
      }
      await warmUp(cache, this.#abort.signal);
      this.#end();
    } catch (error) {
      this.#fail(error);
    }
  }

  #end(): void {
    if (this.#state !== 'running') return;
    this.#state = 'ended';
    const { done, failed, firstFailure } = this.#tally?.progress ?? {};
    if (firstFailure === undefined) return;
    const { key, error } = firstFailure;
    logger.warn(
      `${this.#title} could not load ${failed} of ${done} keys; the first was ${quote(key)}: ${describe(error)}`,
    );
  }

  #fail(error: unknown): void {
    // What ends with the application has not failed.
    if (this.#state !== 'running') return;
    this.#state = 'failed';
    logger.error(`${this.#title} failed: ${describe(error)}`);
  }

  get #title(): string {
    return this.name === null ? 'The warm-up' : `The warm-up of cache ${quote(this.name)}`;
  }

  #resolve(token: InjectionToken, index: number): unknown {
    try {
      return this.moduleRef.get<unknown>(token, { strict: false });
    } catch (cause) {
      const name = typeof token === 'function' ? token.name : String(token);
      throw new InvalidOptionError(
        `warmUp.inject[${index}]`,
        `no module provides ${quote(name)} as one instance for the whole application`,
        { cause },
      );
    }
  }
}

/** The application's own errors are quoted: their text may hold what a client has sent. */
function describe(error: unknown): string {
  if (error instanceof CacheTierError) return error.message;
  return error instanceof Error ? `${error.name}: ${quote(error.message)}` : quote(error);
}
