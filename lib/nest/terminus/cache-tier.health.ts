import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { checkFlag, checkOptionNames } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import {
  reasonOf,
  type CacheHealth,
  type CoherenceHealth,
  type TierHealth,
} from '../../core/watching/cache-health.js';
import type { TieredCache } from '../../core/tiered-cache.js';
import { getCacheToken, getWarmUpToken } from '../tokens.js';
import type { WarmUpHealth } from '../warm-up/warm-up-health.js';
import type { WarmUpRunner } from '../warm-up/warm-up.runner.js';

/**
 * What is asked, and what it takes to be up.
 *
 * @publicApi
 */
export interface CacheHealthOptions {
  /** The name of the cache. Default: the unnamed one. */
  readonly cache?: string;
  /**
   * The tiers without which the application should not get requests: with one of them down the indicator is
   * `down`, and the endpoint answers 503. Default: none; a lower tier that is down makes it `degraded`.
   */
  readonly require?: readonly string[] | 'all';
  /**
   * Whether it is `down` until the warm-up of the module has ended, failed, or taken longer than its `timeout`: so for
   * a readiness probe, and `false` for a liveness probe, which would have the application killed meanwhile. Default:
   * true.
   */
  readonly waitForWarmUp?: boolean;
}

/** What the indicator tells of one tier. @publicApi */
export type CacheHealthDetail = Record<
  string,
  Omit<TierHealth, 'name' | 'reason' | 'breaker'> & {
    reason?: string;
    breaker?: Exclude<TierHealth['breaker'], undefined>;
  }
>;

/** What the indicator tells of how the instance agrees with others. @publicApi */
export type CacheCoherenceDetail = Omit<CoherenceHealth, 'unverifiedFor' | 'reason'> & {
  /** For how long the proof has been lacking, in milliseconds, where there is none. */
  unverifiedFor?: number;
  /** What is not as it should be, in words. */
  reason?: string;
};

/**
 * Tells Terminus how the cache is: `up` when every tier answers and nothing that other instances have invalidated
 * can have been missed, `degraded` when not all of that is so (the cache works, slower, or with values that may be
 * void), `down` when no tier answers, one that is required does not, or the warm-up of the module is under way.
 * `reason` tells why it is not up. Terminus 11 knows no `degraded`: there it is `up` with `degraded: true`.
 *
 * @publicApi
 */
@Injectable()
export class CacheTierHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Asks every tier for a round trip.
   *
   * @param key what the indicator is called in the answer
   * @throws InvalidOptionError when there is no such cache or tier
   */
  async isHealthy<Key extends string>(
    key: Key,
    options: CacheHealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    checkOptionNames(options, ['cache', 'require', 'waitForWarmUp'], 'isHealthy');
    checkRequired(options.require);
    checkFlag(options.waitForWarmUp, 'isHealthy.waitForWarmUp');
    const health = await this.#cache(options.cache).healthCheck();
    const warmUp = this.#warmUp(options.cache);
    const required = requiredTiers(health, options.require);
    const waits = options.waitForWarmUp !== false && warmUp?.isAwaited === true;
    const reason = whyNotUp(health, required, waits);
    const session = this.indicators.check(key);
    const details = {
      ...(reason !== undefined && { reason }),
      tiers: tiersDetail(health),
      coherence: coherenceDetail(health),
      ...(warmUp !== undefined && { warmUp: warmUp.detail }),
    };
    switch (waits ? 'down' : overall(health, required)) {
      case 'up':
        return session.up(details);
      case 'down':
        return session.down(details);
      case 'degraded':
        // Terminus 11 has no such state, whatever the types of the installed version say.
        return typeof Reflect.get(session, 'degraded') === 'function'
          ? session.degraded(details)
          : session.up({ degraded: true, ...details });
    }
  }

  /** `undefined` where there is no warm-up, or no module that could have one: a test may provide a cache by itself. */
  #warmUp(name: string | undefined): WarmUpHealth | undefined {
    let runner: WarmUpRunner;
    try {
      runner = this.moduleRef.get<WarmUpRunner>(getWarmUpToken(name), { strict: false });
    } catch {
      return undefined;
    }
    return runner.health;
  }

  #cache(name: string | undefined): TieredCache {
    try {
      return this.moduleRef.get<TieredCache>(getCacheToken(name), { strict: false });
    } catch (cause) {
      throw new InvalidOptionError(
        'isHealthy.cache',
        name === undefined
          ? 'there is no unnamed cache: import CacheTierModule.forRoot(), or name the cache'
          : `there is no cache called ${quote(name)}`,
        { cause },
      );
    }
  }
}

function checkRequired(required: unknown): void {
  if (required !== undefined && required !== 'all' && !Array.isArray(required)) {
    throw new InvalidOptionError(
      'isHealthy.require',
      `is a list of the names of tiers, or 'all'; got ${quote(required)}`,
    );
  }
}

/** The names of the tiers that must not be down. @throws InvalidOptionError when there is no such tier */
function requiredTiers(
  { tiers }: CacheHealth,
  required: CacheHealthOptions['require'] = [],
): readonly string[] {
  const names = tiers.map(({ name }) => name);
  if (required === 'all') return names;
  const lost = required.find((name) => !names.includes(name));
  if (lost === undefined) return required;
  throw new InvalidOptionError(
    'isHealthy.require',
    `there is no tier ${quote(lost)}; there are ${names.join(', ')}`,
  );
}

function overall(
  { status, tiers }: CacheHealth,
  required: readonly string[],
): CacheHealth['status'] {
  const isLost = tiers.some((tier) => tier.status === 'down' && required.includes(tier.name));
  return isLost ? 'down' : status;
}

function whyNotUp(
  { reason, tiers, coherence }: CacheHealth,
  required: readonly string[],
  waits: boolean,
): string | undefined {
  // The cache has its own words where none of its tiers answers, such as that it is closed.
  const isAll = tiers.every(({ status }) => status === 'down');
  const ofCache = isAll ? reason : reasonOf(tiers, coherence, required);
  const reasons = [...(waits ? ['warming up'] : []), ...(ofCache === undefined ? [] : [ofCache])];
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function tiersDetail({ tiers }: CacheHealth): CacheHealthDetail {
  return Object.fromEntries(
    tiers.map(({ name, status, latency, reason, breaker }) => [
      name,
      {
        status,
        latency,
        ...(reason !== undefined && { reason }),
        ...(breaker !== undefined && { breaker }),
      },
    ]),
  );
}

function coherenceDetail({ coherence }: CacheHealth): CacheCoherenceDetail {
  const { unverifiedFor, reason, ...told } = coherence;
  return {
    ...told,
    ...(unverifiedFor !== undefined && { unverifiedFor }),
    ...(reason !== undefined && { reason }),
  };
}
