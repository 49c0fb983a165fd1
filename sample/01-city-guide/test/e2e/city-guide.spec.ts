import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CacheStats } from 'nestjs-cache-tier';
import { RedisServer } from '../../../../test/support/redis-server.js';
import type { City, NearbyCity } from '../../src/cities/city.js';
import type { CountrySummary } from '../../src/countries/country-summary.js';
import { startGuide } from '../support/start-guide.js';
import { Guide } from '../support/guide.js';
import { TemporaryFolder } from '../support/temporary-folder.js';
import { onSomeTry } from '../../../../test/support/patience.js';

const PARIS = 2_988_507;
const UNKNOWN_CITY = 2_147_483_647;

const setUps = [
  { name: 'with memory alone', tiers: ['memory'] },
  { name: 'with memory and Redis', tiers: ['memory', 'redis'] },
] as const;

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  // Outside of jest, in whose sandbox the load takes five times as long.
  const loader = await startGuide({ DATA_FOLDER: folder.path });
  await loader.ready();
  await loader.stop();
});

afterAll(async () => {
  await folder.remove();
});

describe.each(setUps)('the city guide $name', ({ tiers }) => {
  let redis: RedisServer | undefined;
  let guide: Guide;

  beforeAll(async () => {
    redis = tiers.includes('redis' as never) ? await RedisServer.start() : undefined;
    guide = await Guide.start({ dataFolder: folder.path, redisUrl: redis?.url });
  });

  afterAll(async () => {
    await guide.stop();
    await redis?.stop();
  });

  beforeEach(async () => {
    await guide.cache.clear();
  });

  /** The answer's body, once the status has been found to be right. */
  async function get<T>(path: string, status = 200): Promise<T> {
    const response = await guide.http.get(path);
    expect({ path, status: response.status }).toEqual({ path, status });
    return response.body as T;
  }

  async function serverTiming(path: string): Promise<string> {
    const response = await guide.http.get(path).expect(200);
    return response.headers['server-timing'] ?? '';
  }

  describe('answers', () => {
    it('a city by its id', async () => {
      expect(await get<City>(`/cities/${PARIS}`)).toEqual({
        id: PARIS,
        name: 'Paris',
        country: 'FR',
        adminCode: '11',
        featureCode: 'PPLC',
        population: 2_138_551,
        lat: 48.85341,
        lon: 2.3488,
      });
    });

    it('a search with the most populous places whose name begins so', async () => {
      const cities = await get<City[]>('/cities?q=Paris&limit=3');
      expect(cities).toHaveLength(3);
      expect(cities[0]).toMatchObject({ id: PARIS, country: 'FR' });
      for (const { name } of cities) expect(name).toMatch(/^Paris/);
      const populations = cities.map(({ population }) => population);
      expect(populations).toEqual(populations.toSorted((a, b) => b - a));
    });

    it('a search without a limit with ten places', async () => {
      expect(await get<City[]>('/cities?q=san')).toHaveLength(10);
    });

    it('a search whatever its accents and capitals', async () => {
      for (const [asked, found] of [
        ['SAO PAULO', 'São Paulo'],
        ['são  paulo', 'São Paulo'],
        ['lodz', 'Łódź'],
      ]) {
        const [first] = await get<City[]>(`/cities?q=${encodeURIComponent(asked ?? '')}`);
        expect(first?.name).toBe(found);
      }
    });

    it('a search for what looks like a pattern with nothing', async () => {
      for (const asked of ['%', '_', '\\', "' OR 1=1 --"]) {
        expect(await get<City[]>(`/cities?q=${encodeURIComponent(asked)}`)).toEqual([]);
      }
    });

    it('what is near with the nearest places first, and how far they are', async () => {
      const cities = await get<NearbyCity[]>('/cities/near?lat=48.8566&lon=2.3522&limit=5');
      expect(cities).toHaveLength(5);
      const distances = cities.map(({ distanceKm }) => distanceKm);
      expect(distances).toEqual(distances.toSorted((a, b) => a - b));
      expect(distances[0]).toBeLessThan(1);
      expect(distances[4]).toBeLessThan(10);
    });

    it('what is near across the date line', async () => {
      const [first] = await get<NearbyCity[]>('/cities/near?lat=-16.8&lon=179.999&limit=1');
      const [second] = await get<NearbyCity[]>('/cities/near?lat=-16.8&lon=-179.999&limit=1');
      expect(first?.id).toBe(second?.id);
      expect(first?.country).toBe('FJ');
    });

    it('the summary of a country, whatever the case of its code', async () => {
      const summary = await get<CountrySummary>('/countries/va/summary');
      expect(summary).toMatchObject({ code: 'VA', name: 'Vatican City' });
      expect(await get('/countries/VA/summary')).toEqual(summary);

      const france = await get<CountrySummary>('/countries/FR/summary');
      expect(france.name).toBe('France');
      expect(france.cities).toBeGreaterThan(5_000);
      expect(france.largest[0]).toEqual({ id: PARIS, name: 'Paris', population: 2_138_551 });
      expect(france.largest).toHaveLength(5);
      expect(france.population).toBeGreaterThan(30_000_000);
    });

    it('the page', async () => {
      const page = await guide.http.get('/').expect(200);
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      expect(page.headers['content-security-policy']).toContain("default-src 'self'");
      expect(page.text).toContain('<h1>City guide</h1>');
    });
  });

  describe('caching', () => {
    it.each([
      ['a city', `/cities/${PARIS}`],
      ['a search', '/cities?q=lond&limit=20'],
      ['what is near', '/cities/near?lat=51.5&lon=-0.12&limit=20'],
      ['a summary', '/countries/GB/summary'],
    ])('asks the database for %s once', async (_, path) => {
      let first: unknown;
      expect(await guide.queriesOf(async () => (first = await get(path)))).toBe(1);
      expect(await guide.queriesOf(async () => expect(await get(path)).toEqual(first))).toBe(0);
    });

    it('tells who has answered, and how long that took', async () => {
      const path = '/cities/near?lat=35.68&lon=139.69';
      const first = await serverTiming(path);
      expect(first).toMatch(/^database;dur=\d+\.\d+$/);
      const second = await serverTiming(path);
      expect(second).toMatch(/^memory;dur=\d+\.\d+, /);
      expect(second).toContain(`, ${first};desc="when last asked"`);
      // A machine that is slow for a moment may hold up a single answer.
      await onSomeTry(async () => durationOf(await serverTiming(path)) < durationOf(first));
    });

    it('runs one query for fifty who ask at once for what nobody has asked before', async () => {
      const path = '/cities/near?lat=-33.87&lon=151.21';
      const ask = (): Promise<NearbyCity[]> => get<NearbyCity[]>(path);
      let all: NearbyCity[][] = [];
      const queries = await guide.queriesOf(async () => {
        all = await Promise.all(Array.from({ length: 50 }, ask));
      });
      expect(queries).toBe(1);
      expect(all[0]).toHaveLength(10);
      for (const answer of all) expect(answer).toEqual(all[0]);
    });

    it('shares an answer between those who ask the same in other words', async () => {
      await get('/cities?q=Berlin&limit=3');
      await get('/cities/near?lat=52.52&lon=13.405&limit=3');
      const queries = await guide.queriesOf(async () => {
        await get('/cities?q=%20b%C3%89rlin&limit=3');
        await get('/cities/near?lat=52.5200&lon=13.40501&limit=3');
      });
      expect(queries).toBe(0);
    });

    it('does not share an answer between those who ask for more or less of it', async () => {
      expect(await get<City[]>('/cities?q=san&limit=2')).toHaveLength(2);
      expect(await get<City[]>('/cities?q=san&limit=4')).toHaveLength(4);
      expect(await get<City[]>('/cities/near?lat=0&lon=0&limit=2')).toHaveLength(2);
      expect(await get<City[]>('/cities/near?lat=0&lon=0&limit=4')).toHaveLength(4);
    });
  });

  describe('a change of population', () => {
    const search = '/cities?q=reims&limit=1';
    const near = '/cities/near?lat=49.265&lon=4.028&limit=1';
    const summary = '/countries/FR/summary';

    it('answers the new city, and is seen in all that depends on it', async () => {
      const [before] = await get<City[]>(search);
      const id = before?.id ?? 0;
      const [near1] = await get<NearbyCity[]>(near);
      const france = await get<CountrySummary>(summary);
      expect(await get<City>(`/cities/${id}`)).toEqual(before);
      expect(near1?.id).toBe(id);

      const population = (before?.population ?? 0) + 10_000_000;
      const changed = await guide.http.patch(`/cities/${id}`).send({ population }).expect(200);
      const expected = { ...before, population };
      expect(changed.body).toEqual(expected);

      expect(await get<City>(`/cities/${id}`)).toEqual(expected);
      expect(await get<City[]>(search)).toEqual([expected]);
      expect(await get<NearbyCity[]>(near)).toEqual([{ ...near1, population }]);
      const franceNow = await get<CountrySummary>(summary);
      expect(franceNow.population).toBe(france.population + 10_000_000);
      expect(franceNow.largest[0]).toEqual({ id, name: before?.name, population });
    });

    it('leaves alone what does not depend on it', async () => {
      await get(`/cities/${PARIS}`);
      await get('/countries/DE/summary');
      const [reims] = await get<City[]>(search);
      await guide.http.patch(`/cities/${reims?.id}`).send({ population: 184_076 }).expect(200);
      const queries = await guide.queriesOf(async () => {
        await get(`/cities/${PARIS}`);
        await get('/countries/DE/summary');
      });
      expect(queries).toBe(0);
    });

    it('may be to nobody at all', async () => {
      const [reims] = await get<City[]>(search);
      const path = `/cities/${reims?.id}`;
      await guide.http.patch(path).send({ population: 0 }).expect(200);
      expect((await get<City>(path)).population).toBe(0);
      await guide.http.patch(path).send({ population: 184_076 }).expect(200);
    });
  });

  describe('refuses with a reason, and asks neither the cache nor the database', () => {
    const tooLong = 'a'.repeat(81);

    it.each([
      ['/cities/abc', '"id" must be a whole number from 1 to 2147483647'],
      ['/cities/0', '"id" must be'],
      ['/cities/-5', '"id" must be'],
      ['/cities/1.5', '"id" must be'],
      ['/cities/1e3', '"id" must be'],
      ['/cities/0x10', '"id" must be'],
      ['/cities/NaN', '"id" must be'],
      ['/cities/2147483648', '"id" must be'],
      ['/cities/99999999999999999999', '"id" must be'],
      ['/cities', '"q" must be the beginning of a name'],
      ['/cities?q=', '"q" must not be empty'],
      ['/cities?q=%20%20', '"q" must not be empty'],
      ['/cities?q=%CC%81', '"q" must not be empty'],
      ['/cities?q=a%00b', '"q" must not contain control characters'],
      [`/cities?q=${tooLong}`, 'in at most 80 characters'],
      ['/cities?q=a&q=b', '"q" must be the beginning of a name, once'],
      ['/cities?q=a&limit=0', '"limit" must be a whole number from 1 to 100'],
      ['/cities?q=a&limit=101', '"limit" must be'],
      ['/cities?q=a&limit=-1', '"limit" must be'],
      ['/cities?q=a&limit=2.5', '"limit" must be'],
      ['/cities?q=a&limit=ten', '"limit" must be'],
      ['/cities?q=a&limit=', '"limit" must be'],
      ['/cities?q=a&limit=5&limit=6', '"limit" must be'],
      ['/cities/near', 'must be a number of degrees from -'],
      ['/cities/near?lat=1', '"lon" must be a number of degrees from -180 to 180'],
      ['/cities/near?lon=1', '"lat" must be a number of degrees from -90 to 90'],
      ['/cities/near?lat=90.001&lon=0', '"lat" must be'],
      ['/cities/near?lat=-91&lon=0', '"lat" must be'],
      ['/cities/near?lat=0&lon=180.001', '"lon" must be'],
      ['/cities/near?lat=0&lon=-999', '"lon" must be'],
      ['/cities/near?lat=NaN&lon=0', '"lat" must be'],
      ['/cities/near?lat=Infinity&lon=0', '"lat" must be'],
      ['/cities/near?lat=1e1&lon=0', '"lat" must be'],
      ['/cities/near?lat=&lon=0', '"lat" must be'],
      ['/cities/near?lat=%2B1&lon=0', '"lat" must be'],
      ['/cities/near?lat=1&lat=2&lon=0', '"lat" must be'],
      ['/cities/near?lat=0&lon=0&limit=101', '"limit" must be'],
      ['/countries/F/summary', 'A country code is two letters'],
      ['/countries/FRA/summary', 'A country code is two letters'],
      ['/countries/F1/summary', 'A country code is two letters'],
      ['/countries/%C3%9F%C3%9F/summary', 'A country code is two letters'],
    ])('GET %s', async (path, reason) => {
      const asked = guide.asked();
      const queries = await guide.queriesOf(async () => {
        const { message } = await get<{ message: string }>(path, 400);
        expect(message).toContain(reason);
      });
      expect(queries).toBe(0);
      expect(guide.asked()).toEqual(asked);
    });

    it.each([
      ['no body', undefined, 'The body must be a JSON object'],
      ['an empty object', {}, '"population" must be a whole number'],
      ['an array', [5], 'The body must be a JSON object'],
      ['a negative number', { population: -1 }, '"population" must be'],
      ['a fraction', { population: 1.5 }, '"population" must be'],
      ['a text', { population: '5' }, '"population" must be'],
      ['null', { population: null }, '"population" must be'],
      ['more than the column holds', { population: 2_000_000_001 }, '"population" must be'],
      ['something else as well', { population: 5, name: 'Lutetia' }, 'and nothing else'],
    ])('PATCH with %s', async (_, body, reason) => {
      const asked = guide.asked();
      const queries = await guide.queriesOf(async () => {
        const response = await guide.http.patch(`/cities/${PARIS}`).send(body).expect(400);
        expect(response.body.message).toContain(reason);
      });
      expect(queries).toBe(0);
      expect(guide.asked()).toEqual(asked);
    });

    it('PATCH with what is no JSON', async () => {
      const response = await guide.http
        .patch(`/cities/${PARIS}`)
        .set('content-type', 'application/json')
        .send('{"population":')
        .expect(400);
      expect(response.body.message).toEqual(expect.any(String));
    });

    it('PATCH of what is no id', async () => {
      const response = await guide.http.patch('/cities/near').send({ population: 5 }).expect(400);
      expect(response.body.message).toContain('"id" must be');
    });
  });

  describe('says that it does not know, and does not cache that', () => {
    it.each([
      [`/cities/${UNKNOWN_CITY}`, `There is no city with the id ${UNKNOWN_CITY}`],
      ['/countries/ZZ/summary', 'No place of the country ZZ is known'],
    ])('GET %s', async (path, reason) => {
      for (const attempt of [1, 2]) {
        const queries = await guide.queriesOf(async () => {
          expect((await get<{ message: string }>(path, 404)).message).toBe(reason);
        });
        expect({ attempt, queries }).toEqual({ attempt, queries: 1 });
      }
      expect(guide.cache.peek(`city:${UNKNOWN_CITY}`)).toBeUndefined();
    });

    it('PATCH of an unknown city', async () => {
      const path = `/cities/${UNKNOWN_CITY}`;
      const response = await guide.http.patch(path).send({ population: 5 }).expect(404);
      expect(response.body.message).toBe(`There is no city with the id ${UNKNOWN_CITY}`);
    });

    it('GET of what the guide has not', async () => {
      expect(await get('/towns', 404)).toMatchObject({ message: 'Cannot GET /towns' });
    });
  });

  it('tells the statistics of every tier', async () => {
    const before = await get<CacheStats>('/cache/stats');
    expect(before.tiers.map(({ name }) => name)).toEqual(tiers);
    await get(`/cities/${PARIS}`);
    await get(`/cities/${PARIS}`);
    const after = await get<CacheStats>('/cache/stats');
    expect(after.hits - before.hits).toBe(1);
    expect(after.misses - before.misses).toBe(1);
    expect(after.loads - before.loads).toBe(1);
    expect((after.tiers[0]?.hits ?? 0) - (before.tiers[0]?.hits ?? 0)).toBe(1);
  });

  it('is healthy, tier by tier', async () => {
    const health = await get<HealthAnswer>('/health');
    expect(health.status).toBe('ok');
    expect(health.details['database']?.status).toBe('up');
    expect(health.details['cache']).toMatchObject({
      status: 'up',
      tiers: Object.fromEntries(
        tiers.map((name) => [name, expect.objectContaining({ status: 'up' })]),
      ),
    });
  });
});

describe('the city guide with Redis', () => {
  it('answers from Redis what an instance before it has loaded', async () => {
    const redis = await RedisServer.start();
    const settings = { dataFolder: folder.path, redisUrl: redis.url };
    const path = '/cities/near?lat=40.71&lon=-74.01';
    try {
      const first = await Guide.start(settings);
      const answer = await first.http.get(path).expect(200);
      await first.stop();
      const second = await Guide.start(settings);
      await second.isWell();
      const queries = await second.queriesOf(async () => {
        const again = await second.http.get(path).expect(200);
        expect(again.body).toEqual(answer.body);
        expect(again.headers['server-timing']).toMatch(/^redis;dur=/);
        const once = await second.http.get(path).expect(200);
        expect(once.headers['server-timing']).toMatch(/^memory;dur=/);
      });
      expect(queries).toBe(0);
      await second.stop();
    } finally {
      await redis.stop();
    }
  });

  it('goes on without it, and says that it is degraded', async () => {
    const redis = await RedisServer.start();
    const guide = await Guide.start({ dataFolder: folder.path, redisUrl: redis.url });
    try {
      await guide.http.get(`/cities/${PARIS}`).expect(200);
      await redis.kill();
      await guide.http.get(`/cities/${PARIS}`).expect(200);
      await guide.http.get('/countries/FR/summary').expect(200);
      const { body } = await guide.http.get('/health').expect(200);
      expect(body.status).toBe('degraded');
      expect(body.details.cache).toMatchObject({
        status: 'degraded',
        tiers: { memory: { status: 'up' }, redis: { status: 'down' } },
      });
    } finally {
      await guide.stop();
      await redis.stop();
    }
  });
});

interface HealthAnswer {
  readonly status: string;
  readonly details: Readonly<Record<string, { readonly status: string }>>;
}

/** Of the first of a header's metrics, in milliseconds. */
function durationOf(header: string): number {
  return Number(/;dur=([\d.]+)/.exec(header)?.[1]);
}
