import { Injectable } from '@nestjs/common';
import { Cached } from 'nestjs-cache-tier';
import { CountriesRepository } from './countries.repository.js';
import type { CountrySummary } from './country-summary.js';

/** The countries, cached as `country:<code>`; `CitiesService` evicts them. */
@Injectable()
export class CountriesService {
  constructor(private readonly countries: CountriesRepository) {}

  /** `undefined` means that no place of the country is known; it is not cached. */
  @Cached({ key: (code: string) => `country:${code}`, ttl: '1h' })
  summary(code: string): Promise<CountrySummary | undefined> {
    return this.countries.summarise(code);
  }
}
