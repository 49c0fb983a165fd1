/** A place, as the guide tells of it. */
export interface City {
  /** GeoNames' number of it. */
  readonly id: number;
  readonly name: string;
  /** ISO 3166-1 alpha-2, such as FR. */
  readonly country: string;
  /** GeoNames' code of the state, region or province within the country. */
  readonly adminCode: string;
  /** GeoNames' kind of place, such as PPLC for a capital. */
  readonly featureCode: string;
  readonly population: number;
  /** Degrees north. */
  readonly lat: number;
  /** Degrees east. */
  readonly lon: number;
}

/** A place and how far it is, along the surface, from where it was asked. */
export interface NearbyCity extends City {
  readonly distanceKm: number;
}

/** Degrees north and east. */
export interface Point {
  readonly lat: number;
  readonly lon: number;
}
