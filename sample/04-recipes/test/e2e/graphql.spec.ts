import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Library } from '../../src/graphql/library.js';
import { LibraryModule } from '../../src/graphql/library.module.js';
import { Recipe } from '../support/recipe.js';

interface Answer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

const BOOKS_WITH_AUTHORS = '{ books { title author { name } } }';

describe('the recipe for GraphQL', () => {
  let recipe: Recipe;
  let library: Library;

  beforeEach(async () => {
    recipe = await Recipe.start(LibraryModule);
    library = recipe.app.get(Library);
  });

  afterEach(() => recipe.stop());

  async function ask(query: string): Promise<Answer> {
    const { body } = await recipe.http.post('/graphql').send({ query });
    return body as Answer;
  }

  it('looks up the authors of a list of books together, and only the first time', async () => {
    const findAuthors = jest.spyOn(library, 'findAuthors');
    const findBooks = jest.spyOn(library, 'findBooks');

    const first = await ask(BOOKS_WITH_AUTHORS);
    expect(first.data?.['books']).toHaveLength(4);
    expect(first.data?.['books']).toContainEqual({
      title: 'The Last Man',
      author: { name: 'Mary Shelley' },
    });
    expect(await ask(BOOKS_WITH_AUTHORS)).toEqual(first);

    expect(findAuthors.mock.calls).toEqual([[[1, 2]]]);
    expect(findBooks).toHaveBeenCalledTimes(1);
  });

  it('looks up those authors alone that the cache does not have', async () => {
    await ask(BOOKS_WITH_AUTHORS);
    await ask('mutation { renameAuthor(id: 2, name: "J. Verne") { name } }');
    const findAuthors = jest.spyOn(library, 'findAuthors');
    await recipe.cache.remove('author:1');

    await ask(BOOKS_WITH_AUTHORS);

    expect(findAuthors.mock.calls).toEqual([[[1]]]);
  });

  it('shares one load among requests that come at the same time', async () => {
    const findAuthors = jest.spyOn(library, 'findAuthors');
    const findBooks = jest.spyOn(library, 'findBooks');

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(BOOKS_WITH_AUTHORS)));

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(findBooks).toHaveBeenCalledTimes(1);
    expect(findAuthors.mock.calls).toEqual([[[1, 2]]]);
  });

  it('answers no old name when a mutation has ended, nor in the mutation itself', async () => {
    await ask(BOOKS_WITH_AUTHORS);

    const renamed = await ask('mutation { renameAuthor(id: 1, name: "M. Shelley") { name } }');

    expect(renamed.data).toEqual({ renameAuthor: { name: 'M. Shelley' } });
    const { data } = await ask(BOOKS_WITH_AUTHORS);
    expect(data?.['books']).toContainEqual({
      title: 'Frankenstein',
      author: { name: 'M. Shelley' },
    });
  });

  it('shows each mutation of a request what the one before it has changed', async () => {
    const { data } = await ask(`mutation {
      first: renameAuthor(id: 1, name: "First") { name }
      second: renameAuthor(id: 1, name: "Second") { name }
    }`);
    expect(data).toEqual({ first: { name: 'First' }, second: { name: 'Second' } });
  });

  it('caches a field of each book by itself, also where it is null', async () => {
    const rating = jest.spyOn(library, 'rating');
    for (let i = 0; i < 3; i++) {
      const { data } = await ask('{ books { id rating } }');
      expect(data?.['books']).toEqual([
        { id: 1, rating: 4.5 },
        { id: 2, rating: null },
        { id: 3, rating: null },
        { id: 4, rating: null },
      ]);
    }
    expect(rating).toHaveBeenCalledTimes(4);
  });

  it('evicts that field of one book by a mutation, which answers the new one', async () => {
    await ask('{ books { id rating } }');
    const rating = jest.spyOn(library, 'rating');

    const { data } = await ask('mutation { addReview(bookId: 2, stars: 3) { rating } }');
    expect(data).toEqual({ addReview: { rating: 3 } });
    await ask('{ books { id rating } }');

    expect(rating.mock.calls).toEqual([[2]]);
  });

  it('evicts nothing by a mutation that fails', async () => {
    await ask('{ books { id rating } }');
    const rating = jest.spyOn(library, 'rating');

    const { data, errors } = await ask('mutation { addReview(bookId: 1, stars: 6) { rating } }');
    expect(data).toBeNull();
    expect(errors?.map(({ message }) => message)).toEqual(['A review has 1 to 5 stars']);
    await ask('{ books { id rating } }');

    expect(rating).not.toHaveBeenCalled();
  });

  it('says that there is no such author', async () => {
    const { errors } = await ask('mutation { renameAuthor(id: 9, name: "x") { name } }');
    expect(errors?.map(({ message }) => message)).toEqual(['There is no author 9']);
  });
});
