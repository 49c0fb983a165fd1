import 'reflect-metadata';
import type { INestApplication, Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TieredCache } from 'nestjs-cache-tier';
import request from 'supertest';
import { eventually } from '../../../../test/support/patience.js';

export interface RecipeOptions {
  /** Default: none, memory is the only tier. */
  readonly redisUrl?: string;
  /** Puts other providers in the place of the recipe's. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** A recipe's HTTP app, in this process, on a port of its own. */
export class Recipe {
  readonly http: ReturnType<typeof request>;

  private constructor(
    readonly app: INestApplication,
    url: string,
  ) {
    this.http = request(url);
  }

  static async start(module: Type, options: RecipeOptions = {}): Promise<Recipe> {
    const { redisUrl, override = (builder) => builder } = options;
    setEnvironment('REDIS_URL', redisUrl);
    const testing = await override(Test.createTestingModule({ imports: [module] })).compile();
    const app = testing.createNestApplication({ logger: false, forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    const recipe = new Recipe(app, await app.getUrl());
    if (redisUrl !== undefined) await recipe.isWell();
    return recipe;
  }

  get cache(): TieredCache {
    return this.app.get(TieredCache);
  }

  /** Waits until it has joined its Redis, which a slow machine may not have done when it has started. */
  async isWell(): Promise<void> {
    await eventually(async () => (await this.cache.healthCheck()).status === 'up');
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}

/** What a recipe reads of it when it is started. */
export function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
