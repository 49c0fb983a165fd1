import { Injectable, Logger } from '@nestjs/common';

export interface AuthorRow {
  readonly id: number;
  readonly name: string;
}

export interface BookRow {
  readonly id: number;
  readonly title: string;
  readonly authorId: number;
}

/** Stands for your database: what it is asked is logged, so that it can be seen what the cache spares. */
@Injectable()
export class Library {
  readonly #logger = new Logger(Library.name);
  readonly #books: readonly BookRow[] = [
    { id: 1, title: 'Frankenstein', authorId: 1 },
    { id: 2, title: 'The Last Man', authorId: 1 },
    { id: 3, title: 'Around the World in Eighty Days', authorId: 2 },
    { id: 4, title: 'Twenty Thousand Leagues Under the Seas', authorId: 2 },
  ];
  readonly #authors = new Map([
    [1, 'Mary Shelley'],
    [2, 'Jules Verne'],
  ]);
  readonly #stars = new Map<number, readonly number[]>([[1, [5, 4]]]);

  async findBooks(): Promise<readonly BookRow[]> {
    this.#logger.log('reads the books');
    return this.#books;
  }

  async findBook(id: number): Promise<BookRow | undefined> {
    this.#logger.log(`reads book ${id}`);
    return this.#books.find((book) => book.id === id);
  }

  /** Those that there are, in any order. */
  async findAuthors(ids: readonly number[]): Promise<readonly AuthorRow[]> {
    this.#logger.log(`reads authors ${ids.join(', ')}`);
    return ids.flatMap((id) => {
      const name = this.#authors.get(id);
      return name === undefined ? [] : [{ id, name }];
    });
  }

  /** @returns whether there is such an author */
  async renameAuthor(id: number, name: string): Promise<boolean> {
    if (!this.#authors.has(id)) return false;
    this.#authors.set(id, name);
    return true;
  }

  /** The mean of all reviews; `null` where there are none. */
  async rating(bookId: number): Promise<number | null> {
    this.#logger.log(`reads the reviews of book ${bookId}`);
    const stars = this.#stars.get(bookId) ?? [];
    return stars.length === 0 ? null : stars.reduce((sum, one) => sum + one, 0) / stars.length;
  }

  async addReview(bookId: number, stars: number): Promise<void> {
    this.#stars.set(bookId, [...(this.#stars.get(bookId) ?? []), stars]);
  }
}
