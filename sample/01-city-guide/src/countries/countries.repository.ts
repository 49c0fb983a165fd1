import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { CountrySummary } from './country-summary.js';

type SummaryRow = Omit<CountrySummary, 'code' | 'name'>;

/** The SQL of the countries. Every answer is one query; nothing is cached here. */
@Injectable()
export class CountriesRepository {
  readonly #names = new Intl.DisplayNames('en', { type: 'region' });

  constructor(private readonly database: Database) {}

  /** `undefined` where no place of that country is known. */
  async summarise(code: string): Promise<CountrySummary | undefined> {
    const [row] = await this.database.query<SummaryRow>(
      `SELECT count(*)::integer AS cities,
              sum(population)::double precision AS population,
              percentile_cont(0.5) WITHIN GROUP (ORDER BY population) AS "medianPopulation",
              (SELECT json_agg(top) FROM (
                 SELECT id, name, population FROM city WHERE country = $1
                 ORDER BY population DESC, id LIMIT 5) AS top) AS largest
       FROM city WHERE country = $1`,
      [code],
    );
    if (row === undefined || row.cities === 0) return undefined;
    return { code, name: this.#names.of(code) ?? code, ...row };
  }
}
