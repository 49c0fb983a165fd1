import type { ResponseHeaders } from './stored-response.js';

/** What is done with a framework's response. */
export interface ResponsePort {
  readonly status: number;
  /** Whether it sets a cookie, as far as that is known before it is sent. */
  readonly setsCookies: boolean;
  /** Whether it has set a cookie, or may have where nobody saw it: to be asked when it was sent, or cannot be any more. */
  readonly mayHaveSetCookies: boolean;
  /** Whether its headers have been sent. */
  readonly isSent: boolean;
  /** All headers that are set, by their names in lower case. */
  headers(): ResponseHeaders;
  header(name: string): string | undefined;
  set(name: string, value: string | readonly string[]): void;
  remove(name: string): void;
  setStatus(status: number): void;
  /**
   * The body as the framework would send it, and the content type that it would give it. `undefined` for what it does
   * not send as text or bytes.
   *
   * @param contentType what the response has
   */
  serialize(value: unknown, contentType: string | undefined): SerializedBody | undefined;
  /** Calls the listener once, when the response has been sent or its client is gone. */
  onceSent(listener: () => void): void;
}

/** A body as it is sent. */
export interface SerializedBody {
  readonly body: string | Uint8Array | null;
  /** Where the response has no content type. */
  readonly contentType: string | undefined;
}

/** A header as frameworks take and give it. */
export type HeaderValue = string | number | readonly string[] | undefined;

/** The headers as they are sent: numbers are texts there. */
export function plainHeaders(headers: Readonly<Record<string, HeaderValue>>): ResponseHeaders {
  const plain: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = plainHeader(value);
  }
  return plain;
}

export function plainHeader(value: Exclude<HeaderValue, undefined>): string | readonly string[] {
  return typeof value === 'object' ? value.map(String) : String(value);
}

/** A header as one text, as it may be split into lines. */
export function headerText(value: HeaderValue): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? value.join(', ') : String(value);
}
