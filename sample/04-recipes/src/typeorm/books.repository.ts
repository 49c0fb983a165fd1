import { Injectable, Logger, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CacheDefaults, Cached } from 'nestjs-cache-tier';
import { Repository } from 'typeorm';
import type { BookView, CatalogueEntry, NewTitle } from './book-views.js';
import { Book } from './book.entity.js';
import { rowTags, tableTags } from './table-tags.js';

/** Reads say by tags which rows or tables they have read. Writes say nothing: the subscriber sees them. */
@Injectable()
@CacheDefaults({ namespace: 'books', ttl: '10m' })
export class BooksRepository {
  readonly #logger = new Logger(BooksRepository.name);

  constructor(@InjectRepository(Book) private readonly books: Repository<Book>) {}

  @Cached({
    key: (id: number) => `${id}`,
    tags: (id: number) => rowTags('book', id),
    negativeTtl: '30s',
  })
  async findById(id: number): Promise<BookView | undefined> {
    this.#logger.log(`reads book ${id}`);
    const book = await this.books.findOneBy({ id });
    return book === null ? undefined : { id: book.id, title: book.title };
  }

  @Cached({ key: () => 'catalogue', tags: tableTags('book', 'author') })
  async catalogue(): Promise<readonly CatalogueEntry[]> {
    this.#logger.log('reads the catalogue');
    const books = await this.books.find({ relations: { author: true }, order: { id: 'ASC' } });
    return books.map(({ id, title, author }) => ({ id, title, author: author.name }));
  }

  /** All of them, or none. @throws NotFoundException when one of the books is not there */
  async retitle(titles: readonly NewTitle[]): Promise<void> {
    await this.books.manager.transaction(async (manager) => {
      for (const { id, title } of titles) {
        const book = await manager.findOneBy(Book, { id });
        if (book === null) throw new NotFoundException(`There is no book ${id}`);
        book.title = title;
        await manager.save(book);
      }
    });
  }
}
