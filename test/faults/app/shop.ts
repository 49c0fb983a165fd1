import { Inject, Injectable } from '@nestjs/common';
import { Cached, CacheEvict, TieredCache } from '../../../lib/index.js';
import { Origin, type Product } from './origin.js';

/** What the tag of some values is, so that they can be voided together. */
export const TAG = 'season';

/** What the app's routes answer, through the cache. */
@Injectable()
export class Shop {
  constructor(
    @Inject(Origin) private readonly origin: Origin,
    @Inject(TieredCache) private readonly cache: TieredCache,
  ) {}

  /** A few keys that everybody reads, and nobody changes: always in memory. */
  @Cached({ key: (id: string) => `hot:${id}`, ttl: '1h' })
  async hot(id: string): Promise<Product> {
    return this.origin.load(`hot:${id}`);
  }

  /** Many keys, some read more often than others: in memory, in Redis, or nowhere. */
  mix(id: string): Promise<Product> {
    const key = `mix:${id}`;
    const tags = id.endsWith('7') ? [TAG] : [];
    return this.cache.getOrCompute(key, ({ signal }) => this.origin.load(key, signal), { tags });
  }

  /** Keys that nobody has read before. */
  @Cached({ key: (id: string) => `miss:${id}` })
  async miss(id: string): Promise<Product> {
    return this.origin.load(`miss:${id}`);
  }

  /** Changes one of the many keys. */
  @CacheEvict({ key: (id: string) => `mix:${id}` })
  async write(id: string): Promise<number> {
    return this.origin.write(`mix:${id}`);
  }
}
