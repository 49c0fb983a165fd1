/** One row at most: begun, and, once every place is there, finished. */
export const CREATE_LOAD_TABLE = `
  CREATE TABLE IF NOT EXISTS city_load (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
  )`;

export const CREATE_CITY_TABLE = `
  CREATE TABLE city (
    id integer PRIMARY KEY,
    name text NOT NULL,
    search_name text NOT NULL,
    country char(2) NOT NULL,
    admin_code text NOT NULL,
    feature_code text NOT NULL,
    population integer NOT NULL CHECK (population >= 0),
    lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon double precision NOT NULL CHECK (lon BETWEEN -180 AND 180)
  )`;

/**
 * Searches by the beginning of a name and summaries of a country have their index. The distance query has
 * none, on purpose: it is the guide's slow query.
 */
export const CREATE_INDEXES = [
  'CREATE INDEX city_search_name ON city (search_name text_pattern_ops)',
  'CREATE INDEX city_country ON city (country, population DESC)',
];
