import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { eventually } from '../../../../test/support/patience.js';
import { RedisServer } from '../../../../test/support/redis-server.js';
import { SALES_REPORT_JOB } from '../../src/schedule/sales-report.job.js';
import { SalesModule } from '../../src/schedule/sales.module.js';
import { Sales, type SalesReport } from '../../src/schedule/sales.js';
import { Gate } from '../support/gate.js';
import { Recipe } from '../support/recipe.js';

/** How often the job runs, in milliseconds. */
const EVERY = 10_000;

const FIRST: SalesReport = { orders: 1, euros: 10, madeAt: '2030-01-01T00:00:00.000Z' };
const SECOND: SalesReport = { orders: 2, euros: 20, madeAt: '2030-01-01T00:05:00.000Z' };

describe('the recipe for a schedule', () => {
  let running: { stop(): Promise<void> }[];

  beforeEach(() => {
    running = [];
  });

  afterEach(async () => {
    jest.useRealTimers();
    for (const one of running.toReversed()) await one.stop();
  });

  async function start(report: Sales['report'], redisUrl?: string): Promise<Recipe> {
    const recipe = await Recipe.start(SalesModule, {
      ...(redisUrl !== undefined && { redisUrl }),
      override: (builder) =>
        builder.overrideProvider(Sales).useValue({ report, add: async () => undefined }),
    });
    running.push(recipe);
    return recipe;
  }

  describe('with the clock of the scheduler in hand', () => {
    let report: jest.Mock<Sales['report']>;
    let gate: Gate;
    let recipe: Recipe;

    beforeEach(async () => {
      // What the scheduler uses, and nothing else: the servers and the cache go on as ever.
      jest.useFakeTimers({
        now: new Date('2030-01-01T00:00:01Z'),
        doNotFake: [
          'hrtime',
          'nextTick',
          'performance',
          'queueMicrotask',
          'setImmediate',
          'clearImmediate',
          'setInterval',
          'clearInterval',
        ],
      });
      report = jest.fn<Sales['report']>().mockResolvedValueOnce(FIRST);
      recipe = await start(report);
      await eventually(() => recipe.cache.peek('sales-report') !== undefined);
      gate = new Gate();
    });

    function slowly(answer: SalesReport | Error): void {
      report.mockImplementationOnce(async () => {
        await gate.pass();
        if (answer instanceof Error) throw answer;
        return answer;
      });
    }

    it('has the report at hand before anybody asks', async () => {
      expect(await latest(recipe)).toEqual(FIRST);
      expect(report).toHaveBeenCalledTimes(1);
    });

    it('answers the old report while the job makes a new one, and the new one from then on', async () => {
      slowly(SECOND);
      await jest.advanceTimersByTimeAsync(EVERY);
      await eventually(() => gate.held === 1);
      const answers = await Promise.all(Array.from({ length: 20 }, () => latest(recipe)));
      expect(answers).toEqual(answers.map(() => FIRST));

      gate.open();

      await eventually(async () => (await latest(recipe)).orders === SECOND.orders);
      expect(report).toHaveBeenCalledTimes(2);
    });

    it('keeps the old report where the job fails, and makes a new one at the next run', async () => {
      report.mockRejectedValueOnce(new Error('the database says no'));
      await jest.advanceTimersByTimeAsync(EVERY);
      await eventually(() => report.mock.calls.length === 2);
      expect(await latest(recipe)).toEqual(FIRST);

      report.mockResolvedValueOnce(SECOND);
      await jest.advanceTimersByTimeAsync(EVERY);

      await eventually(async () => (await latest(recipe)).orders === SECOND.orders);
      expect(report).toHaveBeenCalledTimes(3);
    });

    it('begins no run while one is under way', async () => {
      slowly(SECOND);
      await jest.advanceTimersByTimeAsync(EVERY);
      await eventually(() => gate.held === 1);
      await jest.advanceTimersByTimeAsync(3 * EVERY);
      expect(report).toHaveBeenCalledTimes(2);
      gate.open();
      await eventually(async () => (await latest(recipe)).orders === SECOND.orders);
    });
  });

  it('with Redis, answers on every instance what the job of one has made', async () => {
    const redis = await RedisServer.start();
    running.push(redis);
    const report = jest.fn<Sales['report']>().mockResolvedValueOnce(FIRST);
    report.mockResolvedValue(SECOND);
    const one = await start(report, redis.url);
    await eventually(() => one.cache.peek('sales-report') !== undefined);
    const other = await start(() => Promise.reject(new Error('it is not asked')), redis.url);

    await one.app.get(SchedulerRegistry).getCronJob(SALES_REPORT_JOB).fireOnTick();

    await eventually(async () => {
      const { body } = await other.http.get('/report');
      return (body as SalesReport).orders === SECOND.orders;
    });
    expect(await latest(other)).toEqual(SECOND);
  });
});

async function latest(recipe: Recipe): Promise<SalesReport> {
  const { body } = await recipe.http.get('/report').expect(200);
  return body as SalesReport;
}
