import { Observable, Subject } from 'rxjs';
import type { Stamp } from '../../contract/entry.js';
import { checkOptionNames, readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import type { Invalidation, InvalidationBus } from '../../contract/invalidation-bus.js';
import { internalKey, keyParts, type KeyParts } from '../key-space.js';

/**
 * An invalidation, as it is told to those who watch: who, when and what.
 *
 * @publicApi
 */
export interface InvalidationRecord {
  /** Its place in the log; what a later `since` goes on from. */
  readonly stamp: Stamp;
  /** The instance that asked for it. */
  readonly origin: string;
  /** When it was recorded, by the clock of the log's keeper; `undefined` where that has none. */
  readonly at: Date | undefined;
  /** Keys as their callers gave them, with their namespaces below the cache's own. */
  readonly keys?: readonly KeyParts[];
  /** Tags, without those by which namespaces are cleared. */
  readonly tags?: readonly string[];
  /** Namespaces that were cleared, by their paths. */
  readonly namespaces?: readonly string[];
  /** Patterns of stored keys: `namespace:path::key`. */
  readonly patterns?: readonly string[];
  /** Everything was voided. */
  readonly all?: true;
}

/** @publicApi */
export interface InvalidationsOptions {
  /**
   * Where to begin: after this place in the log, or with the oldest that the log still holds. Default: with those
   * that come from now on.
   */
  readonly since?: Stamp | 'oldest';
}

const NUL = '\0';

/** The source of `TieredCache.invalidations`. */
export class InvalidationAudit {
  readonly #live = new Subject<Invalidation>();

  constructor(
    private readonly bus: InvalidationBus,
    private readonly root: string,
    /** Resolves when the log has been joined. */
    private readonly joined: () => Promise<void> | undefined,
  ) {}

  /** Tells those who watch. */
  next(invalidation: Invalidation): void {
    if (this.#live.observed) this.#live.next(invalidation);
  }

  complete(): void {
    this.#live.complete();
  }

  /** @throws InvalidOptionError, through the Observable, when the log no longer reaches back to `since` */
  observe(options: InvalidationsOptions): Observable<InvalidationRecord> {
    checkOptionNames(options, ['since'], 'options');
    const { since } = options;
    checkSince(since);
    return new Observable((subscriber) => {
      // What comes while the past is being read is told after it.
      let waiting: Invalidation[] | undefined = since === undefined ? undefined : [];
      const tell = (invalidation: Invalidation): void =>
        subscriber.next(this.#toRecord(invalidation));
      const live = this.#live.subscribe({
        next: (invalidation) =>
          waiting === undefined ? tell(invalidation) : waiting.push(invalidation),
        complete: () => subscriber.complete(),
      });
      const begin = async (): Promise<void> => {
        await this.joined();
        if (since === undefined) return;
        const past = await this.bus.history(since === 'oldest' ? undefined : since);
        if (past === undefined) throw lostTrack();
        for (const invalidation of past) tell(invalidation);
        const last = past.at(-1)?.stamp ?? (since === 'oldest' ? undefined : since);
        const behind = waiting ?? [];
        waiting = undefined;
        for (const invalidation of behind)
          if (isAfter(invalidation.stamp, last)) tell(invalidation);
      };
      begin().catch((error: unknown) => subscriber.error(error));
      return () => live.unsubscribe();
    });
  }

  #toRecord({ stamp, origin, time, scope }: Invalidation): InvalidationRecord {
    const { keys, tags, patterns, all } = scope;
    const known = keys?.flatMap((key) => internalKey(this.root, key) ?? []).map(keyParts);
    const own = tags?.filter((tag) => !tag.startsWith(NUL)) ?? [];
    const namespaces = tags?.filter((tag) => tag.startsWith(NUL)).map((tag) => tag.slice(1)) ?? [];
    return {
      stamp,
      origin,
      at: time === undefined ? undefined : new Date(time),
      ...(known !== undefined && { keys: known }),
      ...(own.length > 0 && { tags: own }),
      ...(namespaces.length > 0 && { namespaces }),
      ...(patterns !== undefined && { patterns }),
      ...(all === true && { all }),
    };
  }
}

function isAfter(stamp: Stamp, last: Stamp | undefined): boolean {
  if (last === undefined || stamp.epoch !== last.epoch) return true;
  return stamp.position > last.position;
}

function lostTrack(): InvalidOptionError {
  return new InvalidOptionError(
    'since',
    "the log of invalidations does not reach back to it any more: use 'oldest', and take all for void",
  );
}

function checkSince(since: unknown): void {
  if (since === undefined || since === 'oldest') return;
  const { epoch, position } = readOption('since', () => ({ ...(Object(since) as Partial<Stamp>) }));
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(position)) {
    throw new InvalidOptionError('since', "is the stamp of an invalidation, or 'oldest'");
  }
}
