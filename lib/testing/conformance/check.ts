import type { Awaitable, CacheBackend } from '../../contract/cache-backend.js';
import type { Clock } from '../../contract/clock.js';
import { quote } from '../../contract/quote.js';
import { check } from '../conformance-case.js';

/** What a proof may use beside the backend. */
export interface Surroundings {
  /** The clock of the backend's entries. */
  readonly clock: Clock;
  /** Lets so many milliseconds pass. */
  readonly wait: (ms: number) => Awaitable<void>;
}

/** Proofs of promises, by the promise. Each is given a backend over an empty store. */
export type Checks<B extends CacheBackend = CacheBackend> = Readonly<
  Record<string, (backend: B, surroundings: Surroundings) => Awaitable<void>>
>;

/** A ttl that does not end while a case runs: a minute. */
export const LONG = 60_000;

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

export async function checkHealth(backend: CacheBackend, expected: boolean): Promise<void> {
  const answer: unknown = await backend.healthCheck();
  check(answer === expected, `healthCheck answers ${quote(answer)}, not ${expected}`);
}
