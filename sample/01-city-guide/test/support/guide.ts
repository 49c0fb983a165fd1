import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { TieredCache, type CacheStats } from 'nestjs-cache-tier';
import request from 'supertest';
import { eventually } from '../../../../test/support/patience.js';
import { AppModule } from '../../src/app.module.js';
import { Database } from '../../src/database/database.js';
import { servePage } from '../../src/page/serve-page.js';
import { Settings } from '../../src/settings/settings.js';

/** The app, in this process, on a port of its own. */
export class Guide {
  private constructor(
    private readonly app: NestExpressApplication,
    readonly http: ReturnType<typeof request>,
  ) {}

  static async start(settings: Partial<Settings>): Promise<Guide> {
    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Settings)
      .useValue(new Settings({ ...settings, port: 0 }))
      .compile();
    const app = testing.createNestApplication<NestExpressApplication>();
    servePage(app);
    await app.listen(0, '127.0.0.1');
    return new Guide(app, request(await app.getUrl()));
  }

  get cache(): TieredCache {
    return this.app.get(TieredCache);
  }

  /** What the cache has been asked; how it keeps in agreement with others changes by itself. */
  asked(): Omit<CacheStats, 'coherence'> {
    const { coherence: _coherence, ...asked } = this.cache.stats();
    return asked;
  }

  get queryCount(): number {
    return this.app.get(Database).queryCount;
  }

  /** Waits until it has joined its Redis, which a slow machine may not have done when it has started. */
  async isWell(): Promise<void> {
    await eventually(async () => (await this.cache.healthCheck()).status === 'up');
  }

  /** How many queries run while `work` goes on. */
  async queriesOf(work: () => Promise<unknown>): Promise<number> {
    const before = this.queryCount;
    await work();
    return this.queryCount - before;
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}
