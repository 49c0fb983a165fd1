import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { CacheTierModule } from 'nestjs-cache-tier';
import { cacheOptions } from '../cache-options.js';
import { AuthorsModule } from './authors.module.js';
import { AuthorsService } from './authors.service.js';
import { BooksResolver } from './books.resolver.js';
import type { GraphqlContext } from './graphql-context.js';

@Module({
  imports: [
    CacheTierModule.forRootAsync({ useFactory: () => cacheOptions('recipe-graphql') }),
    AuthorsModule,
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      imports: [AuthorsModule],
      inject: [AuthorsService],
      useFactory: (authors: AuthorsService) => ({
        autoSchemaFile: true,
        // Called for each request: the loader never mixes what two of them ask for.
        context: (): GraphqlContext => ({ authors: authors.loader() }),
      }),
    }),
  ],
  providers: [BooksResolver],
})
export class LibraryModule {}
