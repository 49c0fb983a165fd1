import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { RedisServer } from '../../../../test/support/redis-server.js';
import type { CatalogueEntry } from '../../src/typeorm/book-views.js';
import { Book } from '../../src/typeorm/book.entity.js';
import { BooksRepository } from '../../src/typeorm/books.repository.js';
import { LibraryModule } from '../../src/typeorm/library.module.js';
import { QueryLog } from '../support/query-log.js';
import { Recipe } from '../support/recipe.js';

const FRANKENSTEIN = 1;
const LAST_MAN = 2;
const NOBODY = 99;
const SHELLEY = 1;

describe('the recipe for TypeORM', () => {
  let recipe: Recipe;
  let dataSource: DataSource;
  let queries: QueryLog;
  let invalidations: (readonly string[])[];

  beforeEach(async () => {
    recipe = await Recipe.start(LibraryModule);
    dataSource = recipe.app.get(DataSource);
    queries = new QueryLog(dataSource);
    invalidations = [];
    recipe.cache.events.subscribe((event) => {
      if (event.type === 'invalidateTags') invalidations.push(event.tags);
    });
  });

  afterEach(() => recipe.stop());

  async function titleOf(id: number): Promise<string> {
    const { body } = await recipe.http.get(`/books/${id}`).expect(200);
    return (body as { title: string }).title;
  }

  async function catalogue(): Promise<readonly CatalogueEntry[]> {
    const { body } = await recipe.http.get('/books').expect(200);
    return body as readonly CatalogueEntry[];
  }

  it('asks the database once, for a book, a list, and a book that is not there', async () => {
    const asked = await queries.during(async () => {
      for (let i = 0; i < 3; i++) {
        expect(await titleOf(FRANKENSTEIN)).toBe('Frankenstein');
        expect(await catalogue()).toHaveLength(3);
        await recipe.http.get(`/books/${NOBODY}`).expect(404);
      }
    });
    expect(asked).toBe(3);
  });

  it('answers no old title when a change has been committed, in the book or in the list', async () => {
    await Promise.all([titleOf(FRANKENSTEIN), titleOf(LAST_MAN), catalogue()]);

    await retitle([{ id: FRANKENSTEIN, title: 'The Modern Prometheus' }]).expect(204);

    expect(await titleOf(FRANKENSTEIN)).toBe('The Modern Prometheus');
    expect((await catalogue()).map(({ title }) => title)).toContain('The Modern Prometheus');
    expect(await queries.during(() => titleOf(LAST_MAN))).toBe(0);
  });

  it('evicts once for a transaction, and not before it is committed', async () => {
    await titleOf(FRANKENSTEIN);

    await dataSource.transaction(async (manager) => {
      await manager.update(Book, { id: FRANKENSTEIN }, { title: 'The Modern Prometheus' });
      await manager.transaction(async (nested) => {
        await nested.save(Book, { id: LAST_MAN, title: 'The Last Woman' });
      });
      expect(invalidations).toEqual([]);
      expect(await titleOf(FRANKENSTEIN)).toBe('Frankenstein');
    });

    expect(invalidations).toEqual([['table:book', 'row:book', `row:book:${LAST_MAN}`]]);
    expect(await titleOf(FRANKENSTEIN)).toBe('The Modern Prometheus');
    expect(await titleOf(LAST_MAN)).toBe('The Last Woman');
  });

  it('evicts nothing for a transaction that is rolled back', async () => {
    await Promise.all([titleOf(FRANKENSTEIN), catalogue()]);

    await retitle([
      { id: FRANKENSTEIN, title: 'Never' },
      { id: NOBODY, title: 'Never' },
    ]).expect(404);

    expect(invalidations).toEqual([]);
    expect(await queries.during(() => titleOf(FRANKENSTEIN))).toBe(0);
    expect(await titleOf(FRANKENSTEIN)).toBe('Frankenstein');
    // What was rolled back is not evicted by the next commit either.
    await retitle([{ id: LAST_MAN, title: 'The Last Woman' }]).expect(204);
    expect(invalidations).toEqual([['table:book', `row:book:${LAST_MAN}`]]);
  });

  it('evicts by the table where a statement does not tell which rows it changes', async () => {
    await Promise.all([titleOf(FRANKENSTEIN), catalogue()]);

    await recipe.http.patch(`/authors/${SHELLEY}`).send({ name: 'M. Shelley' }).expect(204);

    expect(invalidations).toEqual([['table:author', 'row:author']]);
    expect((await catalogue())[0]?.author).toBe('M. Shelley');
    expect(await queries.during(() => titleOf(FRANKENSTEIN))).toBe(0);
  });

  it('finds a book that was inserted after it had been looked for, and none that was removed', async () => {
    await recipe.http.get('/books/4').expect(404);
    const book = await dataSource.manager.save(Book, { title: 'Lodore', author: { id: SHELLEY } });
    expect(await titleOf(book.id)).toBe('Lodore');

    await dataSource.manager.remove(Book, book);

    await recipe.http.get('/books/4').expect(404);
    expect(await recipe.app.get(BooksRepository).catalogue()).toHaveLength(3);
  });

  it('writes, and answers what it has written, while Redis is away', async () => {
    const redis = await RedisServer.start();
    const withRedis = await Recipe.start(LibraryModule, { redisUrl: redis.url });
    try {
      await withRedis.http.get('/books/1').expect(200);
      await redis.kill();
      const titles = [{ id: FRANKENSTEIN, title: 'The Modern Prometheus' }];
      await withRedis.http.patch('/books').send(titles).expect(204);
      expect(withRedis.cache.stats().coherence.pending).toBe(1);
      const { body } = await withRedis.http.get('/books/1').expect(200);
      expect(body).toEqual(titles[0]);
    } finally {
      await withRedis.stop();
      await redis.stop();
    }
  });

  it.each([[{}], [[{ id: 1 }]], [[{ id: '1', title: 'x' }]], [[null]]])(
    'refuses %j as new titles',
    async (body) => {
      await retitle(body).expect(400);
      expect(await titleOf(FRANKENSTEIN)).toBe('Frankenstein');
    },
  );

  function retitle(body: object) {
    return recipe.http.patch('/books').send(body);
  }
});
