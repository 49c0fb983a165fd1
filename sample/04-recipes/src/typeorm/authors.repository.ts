import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Author } from './author.entity.js';

@Injectable()
export class AuthorsRepository {
  constructor(@InjectRepository(Author) private readonly authors: Repository<Author>) {}

  /** One statement by a condition, without a transaction around it. @throws NotFoundException */
  async rename(id: number, name: string): Promise<void> {
    const { affected } = await this.authors.update({ id }, { name });
    if (affected === 0) throw new NotFoundException(`There is no author ${id}`);
  }
}
