import { KEYS } from '../data/objects.mjs';

/** What Nest needs of a class is that it can be constructed. */
function AppModule() {}

/**
 * A Nest application with one provider, whose method `find` is decorated with `@Cached` and answers what
 * `find` does.
 */
export async function decoratedService(options, find) {
  // Nest is taken from the repository's own packages, as ../dist takes it: two copies would not know each other.
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { Cached, CacheTierModule } = await import('../../dist/index.js');

  class CityService {
    async find(argument) {
      return find(argument);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(CityService.prototype, 'find');
  Cached(options)(CityService.prototype, 'find', descriptor);
  Object.defineProperty(CityService.prototype, 'find', descriptor);

  Module({
    imports: [CacheTierModule.forRoot({ ttl: '1h', memory: { maxEntries: 2 * KEYS } })],
    providers: [CityService],
  })(AppModule);

  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return { service: app.get(CityService), end: () => app.close() };
}
