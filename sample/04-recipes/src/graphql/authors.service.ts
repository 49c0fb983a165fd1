import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { CacheEvict, TieredCache } from 'nestjs-cache-tier';
import { Library, type AuthorRow } from './library.js';

export type AuthorLoader = DataLoader<number, AuthorRow | undefined>;

@Injectable()
export class AuthorsService {
  constructor(
    private readonly library: Library,
    private readonly cache: TieredCache,
  ) {}

  /**
   * For one request: it gathers the ids that the fields of a query ask for, and looks them up together. What it has
   * found is for the cache to keep, so it keeps nothing itself: a mutation is seen by the fields that follow it.
   */
  loader(): AuthorLoader {
    return new DataLoader((ids) => this.findMany(ids), { cache: false });
  }

  /** In the order of the ids. One look-up in each tier, and one in the database for those that no tier has. */
  async findMany(ids: readonly number[]): Promise<(AuthorRow | undefined)[]> {
    const found = await this.cache.getOrComputeMany(
      ids.map(keyOf),
      async (missing) => {
        const rows = await this.library.findAuthors(missing.map(idOf));
        return rows.map((row) => [keyOf(row.id), row] as const);
      },
      { ttl: '10m' },
    );
    return ids.map((id) => found.get(keyOf(id)));
  }

  @CacheEvict({ key: keyOf })
  rename(id: number, name: string): Promise<boolean> {
    return this.library.renameAuthor(id, name);
  }
}

function keyOf(id: number): string {
  return `author:${id}`;
}

function idOf(key: string): number {
  return Number(key.slice('author:'.length));
}
