import { Injectable } from '@nestjs/common';
import { TieredCache } from 'nestjs-cache-tier';

const TENANT_ID = /^[a-z][a-z0-9-]{0,30}$/;

/** The part of the cache that belongs to a tenant, in requests and outside of them. */
@Injectable()
export class TenantCaches {
  readonly #tenants: TieredCache;

  constructor(cache: TieredCache) {
    // A namespace around all of them: no name of a tenant is that of anything else, and all can be cleared at once.
    this.#tenants = cache.namespace('tenants');
  }

  /**
   * An id is taken as it is, or not at all. One that was made fit, say by writing it small, might become that of
   * another tenant.
   *
   * @throws RangeError when it is no id of a tenant
   */
  of(tenant: string): TieredCache {
    if (!TENANT_ID.test(tenant)) {
      throw new RangeError(`${JSON.stringify(tenant)} is no id of a tenant`);
    }
    return this.#tenants.namespace(tenant);
  }
}
