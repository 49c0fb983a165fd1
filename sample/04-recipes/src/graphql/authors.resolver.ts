import { Args, Context, Int, Mutation, Resolver } from '@nestjs/graphql';
import { GraphQLError } from 'graphql';
import { AuthorsService } from './authors.service.js';
import type { GraphqlContext } from './graphql-context.js';
import type { AuthorRow } from './library.js';
import { Author } from './models.js';

@Resolver(() => Author)
export class AuthorsResolver {
  constructor(private readonly authors: AuthorsService) {}

  @Mutation(() => Author)
  async renameAuthor(
    @Args('id', { type: () => Int }) id: number,
    @Args('name') name: string,
    @Context() context: GraphqlContext,
  ): Promise<AuthorRow> {
    await this.authors.rename(id, name);
    const author = await context.authors.load(id);
    if (author === undefined) throw new GraphQLError(`There is no author ${id}`);
    return author;
  }
}
