import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CacheTierModule } from 'nestjs-cache-tier';
import { cacheOptions } from '../cache-options.js';
import { Author } from './author.entity.js';
import { AuthorsRepository } from './authors.repository.js';
import { Book } from './book.entity.js';
import { BooksRepository } from './books.repository.js';
import { CacheEvictionSubscriber } from './cache-eviction.subscriber.js';
import { LibraryController } from './library.controller.js';
import { SeedLibrary } from './seed-library.js';

@Module({
  imports: [
    CacheTierModule.forRootAsync({ useFactory: () => cacheOptions('recipe-typeorm') }),
    // SQLite as WebAssembly, in memory: nothing to install or to start.
    TypeOrmModule.forRoot({ type: 'sqljs', entities: [Author, Book], synchronize: true }),
    TypeOrmModule.forFeature([Author, Book]),
  ],
  controllers: [LibraryController],
  providers: [AuthorsRepository, BooksRepository, CacheEvictionSubscriber, SeedLibrary],
})
export class LibraryModule {}
