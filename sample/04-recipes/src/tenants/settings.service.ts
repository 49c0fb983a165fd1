import { Injectable, Logger } from '@nestjs/common';
import { InvalidationPendingError } from 'nestjs-cache-tier';
import { SettingsStore, type Settings } from './settings-store.js';
import { Tenant } from './tenant.js';

const KEY = 'settings';

/**
 * The key is the same for all tenants: it cannot be forgotten to put the tenant into it. `@Cached` takes a namespace
 * that is known beforehand, so the cache is taken in hand.
 */
@Injectable()
export class SettingsService {
  readonly #logger = new Logger(SettingsService.name);

  constructor(
    private readonly tenant: Tenant,
    private readonly store: SettingsStore,
  ) {}

  find(): Promise<Settings> {
    const { id, cache } = this.tenant;
    return cache.getOrCompute(KEY, () => this.store.find(id), { ttl: '10m' });
  }

  async setTheme(theme: string): Promise<void> {
    await this.store.save({ tenant: this.tenant.id, theme });
    await this.#evict(() => this.tenant.cache.remove(KEY));
  }

  /** Everything that is cached for this tenant, and nothing else. */
  forget(): Promise<void> {
    return this.#evict(() => this.tenant.cache.clear());
  }

  /** While Redis is away it holds in this instance, and the others are told later: that is no failure here. */
  async #evict(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof InvalidationPendingError)) throw error;
      this.#logger.warn(`other instances are told later: ${error.message}`);
    }
  }
}
