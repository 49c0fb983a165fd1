import { loadsSoFar, routes } from './http-routes.mjs';
import { oneNest } from './one-nest.mjs';

const adapters = {
  express: async () => new (await import('@nestjs/platform-express')).ExpressAdapter(),
  fastify: async () => new (await import('@nestjs/platform-fastify')).FastifyAdapter(),
};

/** What Nest needs of a class is that it can be constructed. */
function AppModule() {}

/** A process with one Nest application, which has one route. */
export async function prepare(name, { platform }) {
  oneNest();
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { controller, ...rest } = await routes[name](await nestTools());
  Module({ controllers: [controller], ...rest })(AppModule);
  const app = await NestFactory.create(AppModule, await adapters[platform](), { logger: false });
  await app.listen(0, '127.0.0.1');
  return {
    url: () => `http://127.0.0.1:${app.getHttpServer().address().port}`,
    /** The processor time that this process has taken, in microseconds. */
    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    loads: loadsSoFar,
    end: () => app.close(),
  };
}

/** Nest's decorators as functions, for there is no compiler here that would apply them. */
async function nestTools() {
  const { Controller, Get, Inject, Param, UseInterceptors } = await import('@nestjs/common');
  return {
    UseInterceptors,
    decorate,
    inject: (type, dependency) => Inject(dependency)(type, undefined, 0),
    route(type) {
      decorate(type, 'find', Get(':id'));
      Param('id')(type.prototype, 'find', 0);
      Controller('cities')(type);
      return type;
    },
  };
}

function decorate({ prototype }, method, decorator) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  decorator(prototype, method, descriptor);
  Object.defineProperty(prototype, method, descriptor);
}
