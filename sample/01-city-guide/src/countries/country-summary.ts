/** What the guide tells of a country. */
export interface CountrySummary {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** In English. */
  readonly name: string;
  /** How many places are known. */
  readonly cities: number;
  /** Of those places together. */
  readonly population: number;
  readonly medianPopulation: number;
  readonly largest: readonly {
    readonly id: number;
    readonly name: string;
    readonly population: number;
  }[];
}
