import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Author } from './author.entity.js';
import { Book } from './book.entity.js';

const AUTHORS: Readonly<Record<string, readonly string[]>> = {
  'Mary Shelley': ['Frankenstein', 'The Last Man'],
  'Jules Verne': ['Around the World in Eighty Days'],
};

/** The database is in memory, and begins empty. */
@Injectable()
export class SeedLibrary implements OnModuleInit {
  constructor(private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      for (const [name, titles] of Object.entries(AUTHORS)) {
        const author = await manager.save(Author, { name });
        for (const title of titles) await manager.save(Book, { title, author });
      }
    });
  }
}
