/** The headers of an answer, by their names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What all that is kept of a route's answers has in common. It is plain data, which every tier can store. */
interface Kept {
  /** When the handler had answered, in milliseconds since 1970. */
  readonly date: number;
  /** For how long the answer is fresh from then on, in milliseconds. */
  readonly ttl: number;
  /** For how long it may be answered beyond that, in milliseconds. */
  readonly staleFor: number;
  /** What the handler set, and what an answer needs: not what belongs to one connection or one client. */
  readonly headers: ResponseHeaders;
  /** The names of headers that others set before the handler, and that it has removed. */
  readonly removed?: readonly string[];
}

/** An answer with its body as it is sent. */
export interface StoredBody extends Kept {
  readonly kind: 'body';
  readonly status: number;
  /** Text in UTF-8, or bytes; `null` for none. */
  readonly body: string | Uint8Array | null;
}

/** A redirection, which Nest sends. */
export interface StoredRedirect extends Kept {
  readonly kind: 'redirect';
  readonly status: number;
  readonly url: string;
}

/** An HttpException, which the application's filters send. */
export interface StoredError extends Kept {
  readonly kind: 'error';
  readonly status: number;
  /** What the exception answers, in JSON. */
  readonly response: string;
}

/** An answer of a route. */
export type StoredResponse = StoredBody | StoredRedirect | StoredError;

/** Stands in the place of an answer that has variants: the names of the headers that tell them apart. */
export interface StoredVariants {
  readonly kind: 'variants';
  /** Tells this list from one that was made later. */
  readonly id: string;
  readonly names: readonly string[];
}

/** Stands for a while in the place of an answer that was not to be kept. */
export interface StoredRefusal {
  readonly kind: 'refusal';
}

/** What stands under a route's keys. */
export type StoredValue = StoredResponse | StoredVariants | StoredRefusal;

/** Whether something that a cache had under a key is of this library's making. */
export function isStoredValue(value: unknown): value is StoredValue {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, names, date, status } = value as Partial<Record<string, unknown>>;
  if (kind === 'variants') return Array.isArray(names);
  if (kind === 'refusal') return true;
  return (
    (kind === 'body' || kind === 'redirect' || kind === 'error') &&
    typeof date === 'number' &&
    typeof status === 'number'
  );
}

/** What is of this library's making, and nothing where it is not. */
export function valueOf(value: unknown): StoredValue | undefined {
  return isStoredValue(value) ? value : undefined;
}

/** An answer, where it is one. */
export function responseOf(value: StoredValue | undefined): StoredResponse | undefined {
  return value?.kind === 'variants' || value?.kind === 'refusal' ? undefined : value;
}
