import type { Commit, FaultNote, History, InvalidationCall, Read } from '../history/history.js';
import { monotonicNow } from '../monotonic-now.js';
import type { Origin } from '../origin.js';
import type { SettledWrite } from '../worker/messages.js';
import type { Write } from '../write.js';

interface OpenWrite {
  readonly instance: string;
  readonly write: Write;
  start: number | undefined;
  readonly settle: () => void;
}

/** Writes the history down, and commits what it is about. */
export class Book {
  readonly #commits: Commit[] = [];
  readonly #reads: Read[] = [];
  readonly #calls: InvalidationCall[] = [];
  readonly #hindrances: { instance: string | undefined; from: number; to: number }[] = [];
  readonly #faults: FaultNote[] = [];
  readonly #open = new Map<number, OpenWrite>();
  readonly #versions: number[];
  #lastId = 0;

  constructor(
    private readonly origin: Origin,
    keys: number,
  ) {
    this.#versions = Array.from({ length: keys }, () => 1);
  }

  get readCount(): number {
    return this.#reads.length;
  }

  /** @returns the new version */
  commit(key: number): number {
    const version = (this.#versions[key] ?? 1) + 1;
    this.#versions[key] = version;
    this.origin.commit(key, version);
    this.#commits.push({ key, version, at: monotonicNow() });
    return version;
  }

  /** @returns the id by which an instance is told to carry it out, and what resolves when it has settled */
  opens(instance: string, write: Write): { readonly id: number; readonly settled: Promise<void> } {
    const id = ++this.#lastId;
    const settled = new Promise<void>((resolve) => {
      this.#open.set(id, { instance, write, start: undefined, settle: resolve });
    });
    return { id, settled };
  }

  began(id: number, start: number): void {
    const open = this.#open.get(id);
    if (open !== undefined) open.start = start;
  }

  settles({ id, start, end, outcome, error }: SettledWrite): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    const { instance, write } = open;
    const { kind, keys, version } = write;
    this.#calls.push({ id, instance, kind, keys, start, end, outcome, version, error });
    open.settle();
  }

  /** The instance is dead: what it had under way will never be answered. */
  lost(instance: string): void {
    const end = monotonicNow();
    for (const [id, open] of this.#open) {
      if (open.instance !== instance) continue;
      this.settles({ id, start: open.start ?? end, end, outcome: 'lost' });
    }
  }

  reads(reads: readonly Read[]): void {
    for (const read of reads) this.#reads.push(read);
  }

  /** A fault begins now. @returns what to call with its target once that is known */
  fault(kind: string): (target: string) => void {
    const at = monotonicNow();
    const place = this.#faults.push({ kind, target: '', at }) - 1;
    return (target) => {
      this.#faults[place] = { kind, target, at };
    };
  }

  /** An instance, or all, are kept from Redis from now on. @returns what to call when that is over */
  hinders(instance?: string): () => void {
    const hindrance = { instance, from: monotonicNow(), to: Infinity };
    this.#hindrances.push(hindrance);
    return () => {
      hindrance.to = monotonicNow();
    };
  }

  /** The history so far; calls that are still under way have not settled. */
  close(quietFrom: number, survivors: readonly string[]): History {
    for (const instance of new Set(Array.from(this.#open.values(), (open) => open.instance))) {
      this.lost(instance);
    }
    return {
      commits: this.#commits,
      reads: this.#reads,
      calls: this.#calls,
      hindrances: this.#hindrances,
      faults: this.#faults,
      quietFrom,
      survivors: new Set(survivors),
    };
  }
}
