import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisServer } from '../../support/redis-server.js';
import { ENTRY_POINTS, expectedReport, load } from './entry-points.js';
import { Project, TRAP_SPRUNG, type ProjectOptions } from './project.js';
import { RunningApp } from './running-app.js';

export interface ProjectCheck extends ProjectOptions {
  /** The compiler settings that people use in such a project. */
  readonly configs: readonly string[];
  /** What Terminus answers about a cache with a lower tier that is down. */
  readonly degraded: { readonly overall: string; readonly cache: object };
}

interface Health {
  readonly status: string;
  readonly details: { readonly cache: object };
}

const entries = Object.keys(ENTRY_POINTS);
const OPTIONAL = ['ioredis', 'keyv', '@nestjs/terminus', 'msgpackr'];

/** Declares what holds in the project of anybody who has installed the package, whatever the version of Nest. */
export function checkProject(check: ProjectCheck): void {
  let project: Project;

  beforeAll(async () => {
    project = await Project.create(check);
  });

  afterAll(() => project?.remove());

  it('every entry point can be imported, and required as the same module', async () => {
    expect(await load(project, 'entry-points.mjs', entries)).toEqual(expectedReport(entries));
  });

  it('every entry point can be required where nothing was imported', async () => {
    expect(await load(project, 'entry-points.cjs', entries)).toEqual(expectedReport(entries));
  });

  it('package.json can be required and imported', async () => {
    const source = `
        import imported from 'nestjs-cache-tier/package.json' with { type: 'json' };
        import { createRequire } from 'node:module';
        const required = createRequire(process.cwd() + '/')('nestjs-cache-tier/package.json');
        process.stdout.write(imported.name + ' ' + required.name);`;
    const { stdout } = await project.node('--input-type=module', '--eval', source);
    expect(stdout).toBe('nestjs-cache-tier nestjs-cache-tier');
  });

  it('"." loads no optional package', async () => {
    await project.withTraps(OPTIONAL, async () => {
      expect(await load(project, 'entry-points.mjs', ['.'])).toEqual(expectedReport(['.']));
      expect(await load(project, 'entry-points.cjs', ['.'])).toEqual(expectedReport(['.']));
    });
  });

  it('"./redis" loads no package before a backend connects', async () => {
    await project.withTraps([...OPTIONAL, '@nestjs/common'], async () => {
      expect(await load(project, 'entry-points.mjs', ['./redis'])).toEqual(
        expectedReport(['./redis']),
      );
    });
  });

  it('a package that is loaded is noticed, even where its failure would be caught', async () => {
    const source = `
        import { RedisBackend } from 'nestjs-cache-tier/redis';
        await new RedisBackend().connect().catch(() => undefined);`;
    await project.withTraps(['ioredis'], async () => {
      expect(await project.node('--input-type=module', '--eval', source)).toMatchObject({
        code: TRAP_SPRUNG,
        stderr: 'ioredis was loaded',
      });
    });
  });

  it.each(check.configs)('types resolve and fit with %s', async (config) => {
    expect(await project.compile(config)).toEqual([]);
  });

  describe('an application', () => {
    let redis: RedisServer;
    let app: RunningApp;

    beforeAll(async () => {
      redis = await RedisServer.start();
    });

    afterAll(async () => {
      app?.kill();
      await redis?.stop();
    });

    it('boots, answers the second call from the cache, and is up', async () => {
      app = await RunningApp.start(project, redis.url);
      expect((await app.get('/greet/Ada')).body).toMatchObject({ calls: 1, hits: 0 });
      expect((await app.get('/greet/Ada')).body).toEqual({
        greeting: 'Hello Ada',
        calls: 1,
        hits: 1,
      });
      expect((await app.get('/greet/Bob')).body).toMatchObject({
        greeting: 'Hello Bob',
        calls: 2,
      });
      expect(await app.get('/health/required')).toMatchObject({
        status: 200,
        body: { status: 'ok', details: { cache: { status: 'up' } } },
      });
    });

    it('answers the second request for a page from the cache', async () => {
      const first = { status: 200, body: { name: 'Ada', runs: 1 } };
      expect(await app.get('/pages/Ada')).toEqual(first);
      expect(await app.get('/pages/Ada')).toEqual(first);
      expect((await app.get('/pages/Bob')).body).toEqual({ name: 'Bob', runs: 2 });
    });

    it('ends by itself once it is closed', async () => {
      expect(await app.close()).toEqual({ code: 0, errors: '' });
    });

    it('finds in Redis what its predecessor has cached', async () => {
      app = await RunningApp.start(project, redis.url);
      expect((await app.get('/greet/Ada')).body).toMatchObject({ calls: 0, hits: 1 });
    });

    it('is degraded, with detail, while a lower tier is down', async () => {
      await redis.kill();
      const { status, body } = await app.get<Health>('/health');
      expect({ status, overall: body.status }).toEqual({
        status: 200,
        overall: check.degraded.overall,
      });
      expect(body.details.cache).toMatchObject(check.degraded.cache);
      expect(body.details.cache).toMatchObject({
        tiers: {
          memory: { status: 'up', latency: expect.any(Number) },
          redis: { status: 'down', latency: expect.any(Number) },
        },
      });
    });

    it('is down while a tier that it requires is down', async () => {
      expect(await app.get('/health/required')).toMatchObject({
        status: 503,
        body: { status: 'error', details: { cache: { status: 'down' } } },
      });
    });

    it('answers while a lower tier is down', async () => {
      expect((await app.get('/greet/Cy')).body).toMatchObject({ greeting: 'Hello Cy', calls: 1 });
      expect((await app.get('/greet/Cy')).body).toMatchObject({ greeting: 'Hello Cy', calls: 1 });
    });

    it('ends by itself even while a lower tier is down', async () => {
      expect(await app.close()).toEqual({ code: 0, errors: '' });
    });
  });
}
