import { Module } from '@nestjs/common';
import { AuthorsResolver } from './authors.resolver.js';
import { AuthorsService } from './authors.service.js';
import { Library } from './library.js';

@Module({
  providers: [AuthorsResolver, AuthorsService, Library],
  exports: [AuthorsService, Library],
})
export class AuthorsModule {}
