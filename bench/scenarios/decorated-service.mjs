import { KEYS } from '../data/objects.mjs';
import { oneNest } from '../studies/one-nest.mjs';

/** What Nest needs of a class is that it can be constructed. */
function AppModule() {}

/**
 * A Nest application with one provider, whose method `find` is decorated with `@Cached` and answers what
 * `find` does. Its cache is memory alone, or with a `redisUrl` memory in front of Redis, coherence on.
 */
export async function decoratedService(options, find, { redisUrl, prefix } = {}) {
  oneNest();
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { Cached, CacheTierModule, TieredCache } = await import('../../dist/index.js');

  const { STALENESS, TIMEOUT } = await import('../peers/nestjs-cache-tier.mjs');
  const coherentOptions = (url, namespace) => ({
    namespace,
    coherence: { staleness: STALENESS },
    redis: { url, timeout: TIMEOUT },
  });

  class CityService {
    async find(argument) {
      return find(argument);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(CityService.prototype, 'find');
  Cached(options)(CityService.prototype, 'find', descriptor);
  Object.defineProperty(CityService.prototype, 'find', descriptor);

  Module({
    imports: [
      CacheTierModule.forRoot({
        ttl: '1h',
        memory: { maxEntries: 2 * KEYS },
        ...(redisUrl && coherentOptions(redisUrl, prefix)),
      }),
    ],
    providers: [CityService],
  })(AppModule);

  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    abortOnError: false,
  });
  return { service: app.get(CityService), cache: app.get(TieredCache), end: () => app.close() };
}
