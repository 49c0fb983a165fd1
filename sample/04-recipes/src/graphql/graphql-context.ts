import type { AuthorLoader } from './authors.service.js';

/** What the resolvers of one request share. */
export interface GraphqlContext {
  readonly authors: AuthorLoader;
}
