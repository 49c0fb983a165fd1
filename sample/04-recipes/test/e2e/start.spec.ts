import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../../../../test/support/app-process.js';
import { eventually } from '../../../../test/support/patience.js';
import { RedisServer } from '../../../../test/support/redis-server.js';
import { portSetting, SettingError } from '../../src/port-setting.js';
import { setEnvironment } from '../support/recipe.js';
import { startRecipe } from '../support/start-recipe.js';

/** A recipe, a request, and a part of what it answers. */
const RECIPES: readonly (readonly [recipe: string, path: string, answer: string])[] = [
  ['typeorm', '/books/1', 'Frankenstein'],
  ['graphql', '/graphql?query={books{title,author{name}}}', 'Mary Shelley'],
  ['microservice', '/prices/coffee', 'coffee'],
  ['schedule', '/report', 'madeAt'],
  ['tenants', '/settings', 'acme'],
];

const HEADERS = { 'x-api-key': 'key-of-acme', 'apollo-require-preflight': 'true' };

describe('a recipe', () => {
  const running: AppProcess[] = [];

  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.kill()));
  });

  async function start(
    recipe: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<AppProcess> {
    const app = await startRecipe(recipe, environment);
    running.push(app);
    return app;
  }

  it.each(RECIPES)(
    'for %s starts without anything else, and ends',
    async (recipe, path, answer) => {
      const app = await start(recipe);
      const response = await fetch((await app.ready()) + path, { headers: HEADERS });
      expect(await response.text()).toContain(answer);
      await app.stop();
      expect(app.output).not.toMatch(/error|warn/i);
    },
  );

  it('keeps its values in Redis where it is told of one', async () => {
    const redis = await RedisServer.start();
    const app = await start('tenants', { REDIS_URL: redis.url });
    const url = await app.ready();
    await eventually(async () => {
      await fetch(`${url}/settings`, { headers: HEADERS });
      const keys = (await redis.call('KEYS', 'cache-tier:{recipe-tenants*')) as string[];
      return keys.some((key) => key.includes(':acme:'));
    });
    await app.stop();
    await redis.stop();
    expect(app.output).not.toMatch(/error/i);
  });

  it('says that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const app = await start('tenants', { PORT: String(port) });
    await app.ended();
    other.close();
    expect(app.output).toContain(`Port ${port} is in use. Stop what listens there, or choose`);
    expect(app.output).not.toContain('    at ');
  });

  it('is not started with a port that is none', async () => {
    const app = await start('tenants', { PORT: '70000' });
    await app.ended();
    expect(app.output).toBe('PORT is a whole number from 0 to 65535; got "70000"\n');
  });

  it.each(['70000', '-1', 'http', '3000.5'])('takes %s for no port', (port) => {
    setEnvironment('PRICES_PORT', port);
    expect(() => portSetting('PRICES_PORT', 3001)).toThrow(SettingError);
  });

  it('has to be one of those that there are', () => {
    const script = resolve(import.meta.dirname, '../../scripts/start.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '../main'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe(
      'Usage: npm start -w sample/04-recipes -- graphql|microservice|schedule|tenants|typeorm\n',
    );
    expect(status).toBe(2);
  });
});
