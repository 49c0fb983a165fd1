import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { City, NearbyCity, Point } from './city.js';

const CITY_COLUMNS = `id, name, country, admin_code AS "adminCode",
  feature_code AS "featureCode", population, lat, lon`;

/** The haversine formula on a sphere of the Earth's mean radius; $1 and $2 are latitude and longitude. */
const DISTANCE_KM = `2 * 6371.0088 * asin(sqrt(least(1,
  sin(radians(lat - $1) / 2) ^ 2
  + cos(radians($1)) * cos(radians(lat)) * sin(radians(lon - $2) / 2) ^ 2)))`;

/** The SQL of the places. Every answer is one query; nothing is cached here. */
@Injectable()
export class CitiesRepository {
  constructor(private readonly database: Database) {}

  async findById(id: number): Promise<City | undefined> {
    const [city] = await this.database.query<City>(
      `SELECT ${CITY_COLUMNS} FROM city WHERE id = $1`,
      [id],
    );
    return city;
  }

  /** The most populous places whose search name begins with `beginning`. */
  searchByName(beginning: string, limit: number): Promise<City[]> {
    return this.database.query<City>(
      `SELECT ${CITY_COLUMNS} FROM city WHERE search_name LIKE $1
       ORDER BY population DESC, id LIMIT $2`,
      [`${escapeLike(beginning)}%`, limit],
    );
  }

  /** The places nearest to a point, by the distance of every single one. */
  async findNear({ lat, lon }: Point, limit: number): Promise<NearbyCity[]> {
    const cities = await this.database.query<NearbyCity>(
      `SELECT ${CITY_COLUMNS}, ${DISTANCE_KM} AS "distanceKm" FROM city
       ORDER BY "distanceKm", id LIMIT $3`,
      [lat, lon, limit],
    );
    return cities.map((city) => ({ ...city, distanceKm: toTheMetre(city.distanceKm) }));
  }

  /** The place as it is now, or `undefined` where there is none. */
  async setPopulation(id: number, population: number): Promise<City | undefined> {
    const [city] = await this.database.query<City>(
      `UPDATE city SET population = $2 WHERE id = $1 RETURNING ${CITY_COLUMNS}`,
      [id, population],
    );
    return city;
  }
}

function toTheMetre(kilometres: number): number {
  return Math.round(kilometres * 1000) / 1000;
}

/** `text` as a LIKE pattern that matches it alone. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
