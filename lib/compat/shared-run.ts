import { StreamableFile } from '@nestjs/common';
import { defaultIfEmpty, lastValueFrom, type Observable } from 'rxjs';
import type { Cache } from './cache.js';

/** What a handler has answered, and whether it was asked to. */
export interface Answer {
  readonly value: unknown;
  readonly ran: boolean;
}

/** An answer that is for one request alone, such as a stream, which can be read once. */
class Unshared extends Error {}

/** What a handler has thrown: whatever else `wrap` rejects with is a failure of the cache. */
class HandlerFailure extends Error {
  constructor(readonly thrown: unknown) {
    super('The handler has failed');
  }
}

/**
 * What is cached under a key, or else what the handler answers, which is run once for all who ask at the same time. It
 * fails only as the handler does.
 *
 * @param failed is told where the cache did not keep an answer
 */
export async function runShared(
  cache: Cache,
  key: string,
  handle: () => Observable<unknown>,
  ttl: number | undefined,
  failed: (error: unknown) => void,
): Promise<Answer> {
  const run = (): Promise<unknown> => lastValueFrom(handle().pipe(defaultIfEmpty(undefined)));
  let own: { readonly value: unknown } | undefined;
  const load = async (): Promise<unknown> => {
    const value = await run().catch((error: unknown) => {
      throw new HandlerFailure(error);
    });
    own = { value };
    if (value instanceof StreamableFile) throw new Unshared();
    return value;
  };
  try {
    // Never in the background: the request would be over by then.
    const value = await cache.wrap(key, load, { ttl, refreshThreshold: 0 });
    return { value, ran: own !== undefined };
  } catch (error) {
    if (error instanceof HandlerFailure) throw error.thrown;
    if (!(error instanceof Unshared)) failed(error);
    return { value: own === undefined ? await run() : own.value, ran: true };
  }
}
