import { Injectable } from '@nestjs/common';
import { Cached, CacheEvict, TieredCache } from 'nestjs-cache-tier';
import { CitiesRepository } from './cities.repository.js';
import type { City, NearbyCity, Point } from './city.js';

/** How a coordinate stands in a key: three decimals are about 100 m, so that neighbours share an answer. */
const COORDINATE_DECIMALS = 3;

/**
 * The places, cached. `city:<id>` is one place; `cities:…` are the lists, any of which may hold any place.
 */
@Injectable()
export class CitiesService {
  constructor(
    private readonly cities: CitiesRepository,
    private readonly cache: TieredCache,
  ) {}

  /** `undefined` means that there is no such place; it is not cached, because `negativeTtl` is not set. */
  @Cached({ key: (id: number) => `city:${id}`, ttl: '10m' })
  findById(id: number): Promise<City | undefined> {
    return this.cities.findById(id);
  }

  @Cached({
    key: (beginning: string, limit: number) => `cities:search:${limit}:${beginning}`,
    ttl: '5m',
  })
  search(beginning: string, limit: number): Promise<readonly City[]> {
    return this.cities.searchByName(beginning, limit);
  }

  /** By hand, because the key is not of the arguments as they are but of the point that is asked for. */
  near(point: Point, limit: number): Promise<readonly NearbyCity[]> {
    const lat = point.lat.toFixed(COORDINATE_DECIMALS);
    const lon = point.lon.toFixed(COORDINATE_DECIMALS);
    return this.cache.getOrCompute(
      `cities:near:${lat}:${lon}:${limit}`,
      () => this.cities.findNear({ lat: Number(lat), lon: Number(lon) }, limit),
      { ttl: '1h' },
    );
  }

  @CacheEvict({ key: (city: City) => [`city:${city.id}`, `country:${city.country}`] })
  @CacheEvict({ pattern: 'cities:*' })
  setPopulation(city: City, population: number): Promise<City | undefined> {
    return this.cities.setPopulation(city.id, population);
  }
}
