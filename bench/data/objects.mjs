/** How many objects there are. */
export const KEYS = 10_000;

/** A key per object, made beforehand: what a key costs is the caller's own. */
export const keys = Array.from({ length: KEYS }, (_, index) => `city:${index}`);

/** Which object a key names. */
export const indexOf = (key) => Number(key.slice(key.lastIndexOf(':') + 1));

/** Loads the object of a key. */
export const loadObject = async (key) => makeObject(indexOf(key));

/** An object of 1 KB (as JSON), such as a service answers. */
export function makeObject(index) {
  return {
    id: index,
    name: `City number ${index}`,
    country: 'CH',
    timezone: 'Europe/Zurich',
    location: { lat: 46.948 + index / 100_000, lon: 7.4474 + index / 100_000, altitude: 542 },
    population: 133_883 + index,
    capital: index % 7 === 0,
    founded: '1191-05-20T00:00:00.000Z',
    website: null,
    alternateNames: ['Bern', 'Berne', 'Berna', 'Bärn', 'Berno', 'Berne Stadt'],
    districts: Array.from({ length: 6 }, (_, district) => ({
      id: index * 10 + district,
      name: `District ${district} of ${index}`,
      population: 20_000 + district * 137,
      area: 8.31 + district,
    })),
    description:
      'The seat of the federal authorities, on a peninsula in a bend of the river Aare, with arcades of six ' +
      'kilometres, a clock tower, a rose garden and a hill of its own. The old town is on the list of the world heritage, and ' +
      'its bears have a park at the river.',
  };
}

/** An object of 64 KB (as JSON). */
export function makeLargeObject(index) {
  return {
    id: index,
    name: `Region number ${index}`,
    cities: Array.from({ length: 62 }, (_, city) => makeObject(index * 62 + city)),
  };
}
