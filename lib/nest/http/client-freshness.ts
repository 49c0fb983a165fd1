import { formatCacheControl } from './cache-control.js';

/** What is known of a kept answer; times in milliseconds. */
interface KeptFor {
  readonly ttl: number;
  readonly staleFor: number;
}

interface Formatted extends KeptFor {
  readonly text: string;
}

/** What the clients of a route are told of how long an answer is fresh; times in milliseconds. */
export class ClientFreshness {
  /** Most answers of a route are kept for the same time. */
  #last: Formatted | undefined;

  constructor(
    private readonly isPrivate: boolean,
    private readonly maxAge: number | undefined,
    private readonly sharedMaxAge: number | undefined,
  ) {}

  /** The `Cache-Control` of an answer of this age. */
  textFor({ ttl, staleFor }: KeptFor, age: number): string {
    // What clients count from is when the answer was made, and not when they were given it (RFC 9111, 4.2.3).
    const before = age < ttl ? age : 0;
    if (before > 0 && (isTime(this.maxAge) || isTime(this.sharedMaxAge))) {
      return this.#format({ ttl, staleFor }, before);
    }
    const last = this.#last;
    if (last?.ttl === ttl && last.staleFor === staleFor) return last.text;
    const text = this.#format({ ttl, staleFor }, 0);
    this.#last = { ttl, staleFor, text };
    return text;
  }

  #format({ ttl, staleFor }: KeptFor, before: number): string {
    const { isPrivate, maxAge, sharedMaxAge } = this;
    return formatCacheControl({
      isPrivate,
      maxAge: isTime(maxAge) ? before + maxAge : (maxAge ?? ttl),
      sharedMaxAge: isTime(sharedMaxAge) ? before + sharedMaxAge : sharedMaxAge,
      staleFor,
    });
  }
}

/** Who is told 0 is to ask each time, whatever the age. */
function isTime(time: number | undefined): time is number {
  return time !== undefined && time > 0;
}
