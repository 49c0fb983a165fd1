/**
 * What the examples of the documentation speak of without declaring it: a cache, and a repository of cities
 * that answers from a database, and a backend of the reader's own. An example that declares one of the names means its own.
 */
export const EXAMPLE_NAMES = `
declare const cache: import('nestjs-cache-tier').TieredCache;

interface City {
  readonly id: number;
  readonly name: string;
  readonly country: string;
  readonly population: number;
}

declare class CityRepository {
  findById(id: number): Promise<City | undefined>;
  findByIds(ids: readonly number[]): Promise<City[]>;
  search(text: string, limit: number): Promise<City[]>;
  largest(country: string): Promise<City>;
  setPopulation(id: number, population: number): Promise<City>;
  watch(id: number): import('rxjs').Observable<City>;
}

declare const cities: CityRepository;

declare class S3Backend implements import('nestjs-cache-tier').CacheBackend {
  readonly name: string;
  get(key: string): Promise<Uint8Array | undefined>;
  setWithTtl(key: string, value: Uint8Array, ttl: number): Promise<void>;
  remove(key: string): Promise<void>;
  healthCheck(): Promise<boolean>;
}
`;
