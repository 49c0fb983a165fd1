import type { RequestHeaders } from './variants.js';

/** What is read of a framework's request, Express's or Fastify's. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** The URL as it came, whatever the application's parts have made of it. */
  readonly originalUrl?: string;
  readonly headers: RequestHeaders;
  /** Whom a guard has found to be asking. */
  readonly user?: unknown;
  /** Node's own request, where the framework's is another: middleware sees this one alone. */
  readonly raw?: { readonly user?: unknown };
  /** What Nest has read from the host, for controllers with the option `host`. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** Who was found to be asking, by a guard or by middleware. */
export function userOf({ user, raw }: HttpRequest): unknown {
  return user ?? raw?.user;
}
