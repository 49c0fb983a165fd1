/**
 * A key that a warm-up could not load, and why.
 *
 * @publicApi
 */
export interface WarmUpFailure {
  readonly key: string;
  /** The loader's own error, or that of a tier which cannot store the value. */
  readonly error: unknown;
}

/**
 * How far a warm-up is.
 *
 * @publicApi
 */
export interface WarmUpProgress {
  /** How many keys it is done with: `present`, `loaded` and `failed` together. */
  readonly done: number;
  /** Keys that needed no load of it: a tier had them, or somebody else was loading them. */
  readonly present: number;
  /** Keys for which the loader has answered. */
  readonly loaded: number;
  /** Keys of which the load has failed, even where an older value was served in its place. */
  readonly failed: number;
  readonly firstFailure: WarmUpFailure | undefined;
}

/** What has become of one key. */
export type WarmUpOutcome =
  | { readonly kind: 'present' | 'loaded' }
  | { readonly kind: 'failed'; readonly failure: WarmUpFailure };

/** Counts what becomes of keys. */
export class WarmUpTally {
  readonly #counts = { present: 0, loaded: 0, failed: 0 };
  #firstFailure: WarmUpFailure | undefined;

  count(outcome: WarmUpOutcome): void {
    this.#counts[outcome.kind]++;
    if (outcome.kind === 'failed') this.#firstFailure ??= outcome.failure;
  }

  get progress(): WarmUpProgress {
    const { present, loaded, failed } = this.#counts;
    const done = present + loaded + failed;
    return { done, present, loaded, failed, firstFailure: this.#firstFailure };
  }
}
