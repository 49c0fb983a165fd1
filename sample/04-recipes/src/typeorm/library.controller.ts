import {
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Patch,
} from '@nestjs/common';
import { AuthorsRepository } from './authors.repository.js';
import type { BookView, CatalogueEntry, NewTitle } from './book-views.js';
import { BooksRepository } from './books.repository.js';
import { NewTitlesPipe } from './new-titles.pipe.js';
import { TextPipe } from '../text.pipe.js';

@Controller()
export class LibraryController {
  constructor(
    private readonly books: BooksRepository,
    private readonly authors: AuthorsRepository,
  ) {}

  @Get('books')
  catalogue(): Promise<readonly CatalogueEntry[]> {
    return this.books.catalogue();
  }

  @Get('books/:id')
  async book(@Param('id', ParseIntPipe) id: number): Promise<BookView> {
    const book = await this.books.findById(id);
    if (book === undefined) throw new NotFoundException(`There is no book ${id}`);
    return book;
  }

  @Patch('books')
  @HttpCode(204)
  retitle(@Body(NewTitlesPipe) titles: readonly NewTitle[]): Promise<void> {
    return this.books.retitle(titles);
  }

  @Patch('authors/:id')
  @HttpCode(204)
  rename(
    @Param('id', ParseIntPipe) id: number,
    @Body('name', TextPipe) name: string,
  ): Promise<void> {
    return this.authors.rename(id, name);
  }
}
