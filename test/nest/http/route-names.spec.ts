import {
  Controller,
  Get,
  Res,
  VersioningType,
  type INestApplication,
  type VersioningOptions,
} from '@nestjs/common';
import { request } from 'undici';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RouteNames } from '../../../lib/nest/http/route-names.js';
import { HttpServers, PLATFORMS } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

type ControllerClass = (abstract new () => object) & { readonly name: string };
type Options = Readonly<{ path: string; host?: string; version?: string }>;

/** A class that has the same name each time. */
function cityController(options: Options, answer: string): new () => object {
  @Controller(options)
  class CityController {
    @Get()
    find(): string {
      return answer;
    }
  }
  return CityController;
}

const HEADER: VersioningOptions = { type: VersioningType.HEADER, header: 'x-version' };

/** Puts a function without a name in the place of a method, as tracing does. */
function traced(): MethodDecorator {
  return (_target, _property, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as (...args: unknown[]) => unknown;
    descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
      return method.apply(this, args);
    };
  };
}

interface Sender {
  send(body: unknown): unknown;
}

describe.each(PLATFORMS)('controllers of one name on %s', (platform) => {
  it('that are versions of one path have answers of their own', async () => {
    const server = await servers.start(platform, {
      controllers: ['1', '2'].map((version) =>
        cityController({ path: 'cities', version }, `of ${version}`),
      ),
      prepare: (app: INestApplication) => app.enableVersioning(HEADER),
    });
    for (const version of ['1', '2', '1', '2']) {
      expect((await server.get('/cities', { 'x-version': version })).body).toBe(`of ${version}`);
    }
  });

  it('a handler that sends itself passes by, also where a decorator has taken its name', async () => {
    let runs = 0;
    @Controller()
    class TracedController {
      @Get('sent')
      @traced()
      sent(@Res() response: Sender): void {
        response.send(`sent ${++runs}`);
      }
      @Get('answered')
      @traced()
      answered(): string {
        return `answered ${++runs}`;
      }
    }
    const server = await servers.start(platform, { controllers: [TracedController] });
    expect((await server.get('/sent')).body).toBe('sent 1');
    expect((await server.get('/sent')).body).toBe('sent 2');
    expect((await server.get('/answered')).body).toBe('answered 3');
    expect((await server.get('/answered')).body).toBe('answered 3');
  });
});

// Fastify's adapter takes a path but once, whatever the host.
it('controllers of one name that are of two hosts have answers of their own', async () => {
  const hosts = ['a.example', 'b.example'];
  const server = await servers.start('express', {
    controllers: hosts.map((host) => cityController({ path: 'cities', host }, `of ${host}`)),
  });
  for (const host of [...hosts, ...hosts]) {
    const { body } = await request(`${server.url}/cities`, { headers: { host } });
    expect(await body.text()).toBe(`of ${host}`);
  }
});

/** The method of a class. */
function find(type: ControllerClass): object & { name: string } {
  return Object.getOwnPropertyDescriptor(type.prototype, 'find')?.value as object & {
    name: string;
  };
}

describe('the names of routes', () => {
  it('are the same for the same application, and others for routes that look alike', () => {
    const types = [1, 2, 3].map(() => cityController({ path: 'cities' }, 'x'));
    const namesOf = (): string[] => {
      const names = new RouteNames();
      return [...types, ...types].map((type) => names.of(type, find(type)));
    };
    const names = namesOf();
    expect(names).toEqual(namesOf());
    expect(new Set(names).size).toBe(types.length);
    expect(names.slice(0, 3)).toEqual(names.slice(3));
    expect(names[0]).toMatch(/^CityController\.find~[\w-]{12}$/);
  });
});
