import { ServiceUnavailableException, StreamableFile } from '@nestjs/common';
import { defaultIfEmpty, lastValueFrom, type Observable } from 'rxjs';
import { LoadTimeoutError } from '../contract/errors.js';
import type { Cache } from './cache.js';
import { withRuns } from './runs-under-way.js';

/** What a handler has answered, and whether it was asked to. */
export interface Answer {
  readonly value: unknown;
  readonly ran: boolean;
}

/** How long an answer is kept, in milliseconds, or what says so when there is one. Default: as the cache says. */
export type Lifetime = number | undefined | (() => Promise<number | undefined>);

/** A request, as far as it is answered here. */
export interface SharedRequest {
  readonly key: string;
  readonly ttl: Lifetime;
  /** Runs the handler. */
  readonly handle: () => Observable<unknown>;
  /** Is told where an answer was not kept that should have been. */
  readonly failed: (error: unknown) => void;
}

/** An answer that is not to be kept: it is a stream, which can be read once, or nobody knows for how long. */
class Unkept extends Error {}

/** What a handler has thrown: whatever else `wrap` rejects with is a failure of the cache. */
class HandlerFailure extends Error {
  constructor(readonly thrown: unknown) {
    super('The handler has failed');
  }
}

/**
 * What is cached under a key, or else what the handler answers, which is run once for all who ask at the same time. It
 * fails as the handler does.
 *
 * @throws ServiceUnavailableException where the cache gives the run no more time (`hardTimeout`)
 */
export function runShared(
  cache: Cache,
  { key, ttl, handle, failed }: SharedRequest,
): Promise<Answer> {
  const tell = (error: unknown): undefined => {
    if (!(error instanceof Unkept)) failed(error);
  };
  return withRuns(cache, key, async (runs): Promise<Answer> => {
    const run = (): Promise<unknown> => runs.begin(lastOf(handle));
    let own: { readonly value: unknown } | undefined;
    let lifetime: { readonly ttl: number | undefined } | undefined;
    const load = async (): Promise<unknown> => {
      const known = typeof ttl === 'function' ? ttl() : Promise.resolve(ttl);
      lifetime = await known.then((found) => ({ ttl: found }), tell);
      const value = await run().catch((error: unknown) => {
        throw new HandlerFailure(error);
      });
      own = { value };
      if (!isShared(value) || lifetime === undefined) throw new Unkept();
      // For how long nothing is kept, a function of the value could not say.
      if (value === undefined && typeof ttl === 'function') throw new Unkept();
      return value;
    };
    // Without a time of its own, it is kept as long as the cache says.
    const keep = typeof ttl === 'function' ? () => lifetime?.ttl as number : ttl;
    try {
      // Never in the background: the request would be over by then.
      const value: unknown = await cache.wrap(key, load, { ttl: keep, refreshThreshold: 0 });
      return own === undefined ? { value, ran: false } : { value: own.value, ran: true };
    } catch (error) {
      if (error instanceof HandlerFailure) throw error.thrown;
      if (own !== undefined) {
        tell(error);
        return { value: own.value, ran: true };
      }
      if (error instanceof LoadTimeoutError) {
        throw new ServiceUnavailableException(undefined, { cause: error });
      }
      const { latest } = runs;
      const value = latest === undefined ? tell(error) : await latest;
      if (latest !== undefined && isShared(value)) return { value, ran: false };
      return { value: await run(), ran: true };
    }
  });
}

/** What is answered by a stream is its last value, as Nest has it. */
async function lastOf(handle: () => Observable<unknown>): Promise<unknown> {
  return lastValueFrom(handle().pipe(defaultIfEmpty(undefined)));
}

function isShared(value: unknown): boolean {
  return !(value instanceof StreamableFile);
}
