import { makeObject } from '../data/objects.mjs';

const TTL = 3_600_000;
const MAX_ENTRIES = 1000;

/**
 * By name, what makes a controller whose route `GET /cities/:id` answers object `id`, and the modules that it
 * needs.
 */
export const routes = {
  'bare route': async (nest) => {
    const objects = Array.from({ length: 100 }, (_, index) => makeObject(index));
    class CityController {
      find(id) {
        return objects[id];
      }
    }
    return { controller: nest.route(CityController) };
  },
  'lru-cache by hand': async (nest) => {
    const { LRUCache } = await import('lru-cache');
    const lru = new LRUCache({ max: MAX_ENTRIES, ttl: TTL });
    class CityController {
      async find(id) {
        const held = lru.get(id);
        if (held !== undefined) return held;
        const value = await load(id);
        lru.set(id, value);
        return value;
      }
    }
    return { controller: nest.route(CityController) };
  },
  'nestjs-cache-tier, @Cached on the service': async (nest) => {
    const { Cached, CacheTierModule } = await import('../../dist/index.js');
    class CityService {
      find(id) {
        return load(id);
      }
    }
    nest.decorate(CityService, 'find', Cached());
    class CityController {
      constructor(cities) {
        this.cities = cities;
      }
      find(id) {
        return this.cities.find(id);
      }
    }
    nest.inject(CityController, CityService);
    return {
      controller: nest.route(CityController),
      providers: [CityService],
      imports: [CacheTierModule.forRoot({ ttl: TTL })],
    };
  },
  'nestjs-cache-tier, @Cached on the controller': async (nest) => {
    const { Cached, CacheTierModule } = await import('../../dist/index.js');
    class CityController {
      find(id) {
        return load(id);
      }
    }
    nest.decorate(CityController, 'find', Cached());
    return {
      controller: nest.route(CityController),
      imports: [CacheTierModule.forRoot({ ttl: TTL })],
    };
  },
  'nestjs-cache-tier, HttpCacheInterceptor': async (nest) => {
    const { CacheTierModule } = await import('../../dist/index.js');
    const { HttpCacheInterceptor } = await import('../../dist/http.js');
    class CityController {
      find(id) {
        return load(id);
      }
    }
    nest.decorate(CityController, 'find', nest.UseInterceptors(HttpCacheInterceptor));
    return {
      controller: nest.route(CityController),
      imports: [CacheTierModule.forRoot({ ttl: TTL })],
    };
  },
  // What Nest itself asks for the use of any interceptor.
  'an interceptor that does nothing': async (nest) => {
    const objects = Array.from({ length: 100 }, (_, index) => makeObject(index));
    class CityController {
      find(id) {
        return objects[id];
      }
    }
    const idle = { intercept: (_context, next) => next.handle() };
    nest.decorate(CityController, 'find', nest.UseInterceptors(idle));
    return { controller: nest.route(CityController) };
  },
  // The store in memory that it recommends, by reference: without clones and without Keyv's serialisation.
  'CacheInterceptor, fast store': async (nest) => {
    const { createKeyv } = await import('cacheable');
    return intercepted(nest, {
      stores: [createKeyv({ lruSize: MAX_ENTRIES, useClone: false, ttl: TTL })],
    });
  },
  'CacheInterceptor as documented': (nest) => intercepted(nest, { ttl: TTL }),
};

async function intercepted(nest, options) {
  const { CacheInterceptor, CacheModule } = await import('@nestjs/cache-manager');
  class CityController {
    find(id) {
      return load(id);
    }
  }
  nest.decorate(CityController, 'find', nest.UseInterceptors(CacheInterceptor));
  return { controller: nest.route(CityController), imports: [CacheModule.register(options)] };
}

let loads = 0;

/** How often something was loaded in this process, which is how often a request was no hit. */
export function loadsSoFar() {
  return loads;
}

async function load(id) {
  loads++;
  return makeObject(Number(id));
}
