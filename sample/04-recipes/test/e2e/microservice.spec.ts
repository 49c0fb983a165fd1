import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/support/patience.js';
import { RedisServer } from '../../../../test/support/redis-server.js';
import { PriceList } from '../../src/microservice/price-list.js';
import { ShopModule } from '../../src/microservice/shop.module.js';
import { Prices } from '../support/prices.js';
import { Recipe, setEnvironment } from '../support/recipe.js';

const COFFEE = { product: 'coffee', euros: 8 };
const DEAR_COFFEE = { product: 'coffee', euros: 9 };

describe('the recipe for a microservice', () => {
  let list: PriceList;
  let find: jest.SpiedFunction<PriceList['find']>;
  let running: { stop(): Promise<void> }[];

  beforeEach(() => {
    list = new PriceList();
    find = jest.spyOn(list, 'find');
    running = [];
  });

  afterEach(async () => {
    for (const one of running.toReversed()) await one.stop();
  });

  async function start(redisUrl?: string): Promise<Prices> {
    const prices = await Prices.start(list, redisUrl);
    running.push(prices);
    return prices;
  }

  it('answers a message from the cache, one load for all who ask, also where there is no price', async () => {
    const prices = await start();

    const answers = await Promise.all(Array.from({ length: 20 }, () => prices.ask('coffee')));
    expect(answers).toEqual(answers.map(() => COFFEE));
    expect(await prices.ask('gold')).toBeNull();
    expect(await prices.ask('gold')).toBeNull();

    expect(find.mock.calls).toEqual([['coffee'], ['gold']]);
  });

  it('answers the new price once an event has told of it, and of that product alone', async () => {
    const prices = await start();
    await Promise.all([prices.ask('coffee'), prices.ask('tea')]);

    await prices.tell(DEAR_COFFEE);

    await eventually(
      async () => (await prices.ask('coffee')) !== null && find.mock.calls.length > 2,
    );
    expect(await prices.ask('coffee')).toEqual(DEAR_COFFEE);
    await prices.ask('tea');
    expect(find.mock.calls).toEqual([['coffee'], ['tea'], ['coffee']]);
  });

  it.each([[{ product: 'coffee' }], [''], [7], ['../coffee'], ['Coffee']])(
    'refuses %j as a product, and makes no key of it',
    async (product) => {
      const prices = await start();
      await expect(prices.ask(product)).rejects.toMatchObject({
        message: 'The payload is no product',
      });
      expect(find).not.toHaveBeenCalled();
    },
  );

  it('evicts nothing for an event that is no price', async () => {
    const prices = await start();
    await prices.ask('coffee');
    await prices.tell({ product: 'coffee', euros: -1 });
    // On the same connection: it is dealt with after the event.
    await prices.ask('coffee');
    expect(find).toHaveBeenCalledTimes(1);
    expect(await prices.ask('coffee')).toEqual(COFFEE);
  });

  it('with Redis, answers the new price on every instance, whichever was told', async () => {
    const redis = await RedisServer.start();
    running.push(redis);
    const told = await start(redis.url);
    const other = await start(redis.url);
    const held = other.cache.namespace('prices');
    await eventually(async () => {
      expect(await Promise.all([told.ask('coffee'), other.ask('coffee')])).toEqual([
        COFFEE,
        COFFEE,
      ]);
      return held.peek('coffee') !== undefined;
    });

    await told.tell(DEAR_COFFEE);

    await eventually(async () => {
      const answer = (await other.ask('coffee')) as typeof COFFEE;
      return answer.euros === DEAR_COFFEE.euros;
    });
    expect(await told.ask('coffee')).toEqual(DEAR_COFFEE);
  });

  describe('over HTTP', () => {
    let shop: Recipe;

    beforeEach(async () => {
      const { port } = await start();
      setEnvironment('PRICES_PORT', String(port));
      shop = await Recipe.start(ShopModule);
      running.push(shop);
    });

    it('answers the price, and the new one after a change', async () => {
      await shop.http.get('/prices/coffee').expect(200, COFFEE);
      await shop.http.get('/prices/coffee').expect(200, COFFEE);
      expect(find).toHaveBeenCalledTimes(1);

      await shop.http.put('/prices/coffee').send({ euros: 9 }).expect(202);

      await eventually(async () => {
        const { body } = await shop.http.get('/prices/coffee').expect(200);
        return (body as typeof COFFEE).euros === 9;
      });
    });

    it('refuses what is no price, and finds none of what is no product', async () => {
      await shop.http.put('/prices/coffee').send({ euros: '9' }).expect(400);
      await shop.http.put('/prices/Coffee').send({ euros: 9 }).expect(404);
      await shop.http.get('/prices/gold').expect(404);
      await shop.http.get('/prices/Coffee').expect(404);
      expect(find.mock.calls).toEqual([['gold']]);
    });
  });
});
