import { BackendError } from '../../contract/errors.js';
import type { InvalidationScope } from '../../contract/invalidation-bus.js';
import { compilePattern, type PatternMatcher } from '../../contract/pattern.js';
import { namespaceTags } from './tags.js';

/** How many are kept; when there are more, one of everything takes their place. */
const MOST_PENDING = 10_000;

/** How many patterns they have, for each of which the store is gone through; when there are more, likewise. */
const MOST_PATTERNS = 100;

/** How many characters their keys, tags and patterns have together; when there are more, likewise. */
const MOST_TEXT = 4_000_000;

/** Carries out an invalidation everywhere. */
export type CarryOut = (scope: InvalidationScope, holdFor: number | undefined) => Promise<unknown>;

interface Pending {
  readonly scope: InvalidationScope;
  readonly holdFor: number | undefined;
  readonly matches: readonly PatternMatcher[];
  readonly length: number;
}

/**
 * Invalidations that could not be recorded while the store was out of reach. Until they have been carried out,
 * in their order, nothing that they void is taken from the store. Keys are those of the store.
 */
export class PendingInvalidations {
  #queue: Pending[] = [];
  /** How many of the queue name each key, and each tag. */
  readonly #keys = new Map<string, number>();
  readonly #tags = new Map<string, number>();
  /** Those of patterns, and of everything. */
  readonly #broad = new Set<Pending>();
  #patterns = 0;
  #textLength = 0;
  /** The one that is being carried out. */
  #current: Pending | undefined;
  #replaying: Promise<boolean> | undefined;

  constructor(private readonly carryOut: CarryOut) {}

  get size(): number {
    return this.#queue.length;
  }

  /** One that would void nothing which those before it do not void is left out. */
  add(scope: InvalidationScope, holdFor: number | undefined): void {
    if (holdFor === undefined && this.#isComing(scope)) return;
    this.#push(scope, holdFor);
    if (
      this.#queue.length <= MOST_PENDING &&
      this.#patterns <= MOST_PATTERNS &&
      this.#textLength <= MOST_TEXT
    ) {
      return;
    }
    for (const pending of this.#queue.splice(0)) this.#count(pending, -1);
    this.#push({ all: true }, undefined);
  }

  /**
   * Whether what the store holds may be void.
   *
   * @param stored the key in the store
   * @param internal the key in this process, which tells the namespace
   */
  covers(stored: string, internal: string, tags: readonly string[] = []): boolean {
    if (this.#queue.length === 0) return false;
    if (this.#keys.has(stored)) return true;
    if ([...namespaceTags(internal), ...tags].some((tag) => this.#tags.has(tag))) return true;
    for (const { scope, matches } of this.#broad) {
      if (scope.all === true || matches.some((match) => match(stored))) return true;
    }
    return false;
  }

  /** Carries them out, until one fails again; calls that come meanwhile join. @returns whether none is left */
  replay(): Promise<boolean> {
    this.#replaying ??= this.#replay().finally(() => {
      this.#replaying = undefined;
    });
    return this.#replaying;
  }

  async #replay(): Promise<boolean> {
    const stuck = new Set<Pending>();
    for (let next = this.#queue[0]; next !== undefined && !stuck.has(next); next = this.#queue[0]) {
      let isDone = true;
      this.#current = next;
      try {
        await this.carryOut(next.scope, next.holdFor);
      } catch (error) {
        // The store is out of reach again; the next time that it is not, this goes on where it stopped.
        if (!(error instanceof BackendError && error.concernsKey)) return false;
        // What the store refuses for its key alone is not to keep the others waiting.
        isDone = false;
      } finally {
        this.#current = undefined;
      }
      // It may have been folded into one of everything meanwhile.
      if (this.#queue[0] !== next) continue;
      this.#queue.shift();
      if (isDone) {
        this.#count(next, -1);
      } else {
        stuck.add(next);
        this.#queue.push(next);
      }
    }
    return this.#queue.length === 0;
  }

  /** Whether all that it names is voided by those whose turn is still to come. */
  #isComing({ keys = [], tags = [], patterns = [], all }: InvalidationScope): boolean {
    const current = this.#current?.scope ?? {};
    const coming = Array.from(this.#broad).filter((pending) => pending !== this.#current);
    if (coming.some(({ scope }) => scope.all === true)) return true;
    return (
      all !== true &&
      keys.every((key) => isNamedBefore(this.#keys, key, current.keys)) &&
      tags.every((tag) => isNamedBefore(this.#tags, tag, current.tags)) &&
      patterns.every((pattern) => coming.some(({ scope }) => scope.patterns?.includes(pattern)))
    );
  }

  #push(scope: InvalidationScope, holdFor: number | undefined): void {
    const { keys = [], tags = [], patterns = [] } = scope;
    const matches = patterns.map((pattern) => compilePattern(pattern));
    const length = [keys, tags, patterns].flat().reduce((sum, text) => sum + text.length, 0);
    const pending = { scope, holdFor, matches, length };
    this.#queue.push(pending);
    this.#count(pending, 1);
  }

  #count(pending: Pending, by: 1 | -1): void {
    const { keys = [], tags = [], patterns, all } = pending.scope;
    this.#patterns += by * pending.matches.length;
    this.#textLength += by * pending.length;
    if (by === -1) this.#broad.delete(pending);
    else if (all === true || patterns !== undefined) this.#broad.add(pending);
    for (const key of new Set(keys)) add(this.#keys, key, by);
    for (const tag of new Set(tags)) add(this.#tags, tag, by);
  }
}

/** @param current the names of the one that is being carried out, which may be too early */
function isNamedBefore(
  counts: ReadonlyMap<string, number>,
  name: string,
  current: readonly string[] = [],
): boolean {
  return (counts.get(name) ?? 0) > (current.includes(name) ? 1 : 0);
}

function add(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
