import type { BackendError } from '../../contract/errors.js';
import { InvalidationPendingError } from '../../contract/errors.js';
import { escapePattern } from '../../contract/pattern.js';
import type { EngineParts } from '../engine-parts.js';
import type { KeySpace } from '../key-space.js';
import { namespaceTag } from './tags.js';
import { throwFirst } from '../tiers/tier-calls.js';

/** How many tags one invalidation names at most. */
const TAGS_AT_ONCE = 500;

/** The engine's part for all that takes values away: here, in the tiers, and on other instances. */
export class Remover {
  constructor(private readonly parts: EngineParts) {}

  /** Removes keys everywhere; resolves with the failures. */
  async remove(keys: readonly string[], holdFor?: number): Promise<BackendError[]> {
    const { holds, writer, invalidations, fence, shared } = this.parts;
    const scope = { keys: keys.map(this.parts.nameOf) };
    if (keys.length === 0) return [];
    if (holdFor !== undefined) holds.add(keys, holdFor);
    this.#drop(keys);
    await this.#joined();
    const tell = (): Promise<void> => invalidations.invalidate(scope, holdFor);
    // In a log of this process it is only noted, for those who watch. A tier with fences notes it in its turn.
    if (!shared && fence === undefined) await tell();
    const failures = await writer.remove(keys, tell);
    return shared && fence === undefined ? [...(await this.#attempt(tell)), ...failures] : failures;
  }

  /** Tells other instances that keys have new values, where nothing else does. Resolves with the failures. */
  async tell(keys: readonly string[], push: boolean): Promise<BackendError[]> {
    const { shared, invalidations, nameOf } = this.parts;
    if (!shared || keys.length === 0) return [];
    const scope = { keys: keys.map(nameOf), ...(push && { push }) };
    return this.#attempt(() => invalidations.invalidate(scope));
  }

  /** Voids all that belongs to one of the tags. */
  async invalidateTags(tags: readonly string[]): Promise<void> {
    await this.#joined();
    const failures: BackendError[] = [];
    for (let from = 0; from < tags.length; from += TAGS_AT_ONCE) {
      const some = tags.slice(from, from + TAGS_AT_ONCE);
      const tell = (): Promise<void> => this.parts.invalidations.invalidate({ tags: some });
      failures.push(...(await this.#attempt(tell)));
    }
    throwFirst(failures);
  }

  /** Removes by pattern; all that is under way is held to be matched by it. */
  async removePattern(space: KeySpace, pattern: string): Promise<void> {
    const { writer, invalidations, fence, nameOf } = this.parts;
    await this.#joined();
    const stored = escapePattern(nameOf(space.toInternal('k')).slice(0, -1)) + pattern;
    const tell = (): Promise<void> => invalidations.invalidate({ patterns: [stored] });
    const failures = await writer.removePattern(space, pattern, tell);
    if (fence === undefined) failures.unshift(...(await this.#attempt(tell)));
    throwFirst(failures);
  }

  /**
   * Removes everything in a namespace, and in those inside it. Where the log is shared, stamps tell what is void,
   * and no tier is gone through but memory.
   */
  async clear(space: KeySpace): Promise<void> {
    const { shared, writer, invalidations, log, memories } = this.parts;
    await this.#joined();
    const scope = space.path === '' ? { all: true as const } : { tags: [namespaceTag(space.path)] };
    const tell = (): Promise<void> => invalidations.invalidate(scope);
    const failures = shared ? [] : await writer.clear(space);
    failures.unshift(...(await this.#attempt(tell)));
    for (const memory of memories) memory.clear(space);
    log.recordAll();
    throwFirst(failures);
  }

  /** At once: nobody waits for a lower tier with an old value at hand. */
  #drop(keys: readonly string[]): void {
    const { log, memory } = this.parts;
    log.record(keys);
    try {
      for (const key of keys) memory?.remove(key);
    } catch {
      // It fails again, and is counted, when its tier's turn comes.
    }
  }

  async #joined(): Promise<void> {
    const joining = this.parts.opening();
    if (joining !== undefined) await joining;
  }

  async #attempt(tell: () => Promise<void>): Promise<BackendError[]> {
    try {
      await tell();
      return [];
    } catch (error) {
      if (error instanceof InvalidationPendingError) return [error];
      throw error;
    }
  }
}
