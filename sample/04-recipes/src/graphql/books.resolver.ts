import {
  Args,
  Context,
  Float,
  Int,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { GraphQLError } from 'graphql';
import { CacheEvict, Cached } from 'nestjs-cache-tier';
import type { GraphqlContext } from './graphql-context.js';
import { Library, type AuthorRow, type BookRow } from './library.js';
import { Author, Book } from './models.js';

@Resolver(() => Book)
export class BooksResolver {
  constructor(private readonly library: Library) {}

  /** Cached as a whole: nothing here depends on who asks. */
  @Query(() => [Book])
  @Cached({ key: () => 'books', ttl: '10m' })
  books(): Promise<readonly BookRow[]> {
    return this.library.findBooks();
  }

  /** One author for each book of the list, without a query for each: see AuthorsService. */
  @ResolveField(() => Author)
  async author(@Parent() book: BookRow, @Context() context: GraphqlContext): Promise<AuthorRow> {
    const author = await context.authors.load(book.authorId);
    if (author === undefined) throw new GraphQLError(`There is no author ${book.authorId}`);
    return author;
  }

  /** A field that is costly by itself. `null` is a value, too, and is kept. */
  @ResolveField(() => Float, { nullable: true })
  @Cached({ key: (book: BookRow) => ratingKey(book.id), ttl: '1h' })
  rating(@Parent() book: BookRow): Promise<number | null> {
    return this.library.rating(book.id);
  }

  /** Nothing is evicted where it fails. */
  @Mutation(() => Book)
  @CacheEvict({ key: (bookId: number) => ratingKey(bookId) })
  async addReview(
    @Args('bookId', { type: () => Int }) bookId: number,
    @Args('stars', { type: () => Int }) stars: number,
  ): Promise<BookRow> {
    if (stars < 1 || stars > 5) throw new GraphQLError('A review has 1 to 5 stars');
    const book = await this.library.findBook(bookId);
    if (book === undefined) throw new GraphQLError(`There is no book ${bookId}`);
    await this.library.addReview(bookId, stars);
    return book;
  }
}

function ratingKey(bookId: number): string {
  return `rating:${bookId}`;
}
