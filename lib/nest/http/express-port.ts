import type { ServerResponse } from 'node:http';
import { onceSent } from './once-sent.js';
import {
  headerText,
  plainHeaders,
  type ResponsePort,
  type SerializedBody,
} from './response-port.js';
import type { ResponseHeaders } from './stored-response.js';

/** What an Express application says of how it writes JSON. */
interface ExpressResponse extends ServerResponse {
  readonly app?: { get(setting: string): unknown };
}

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** The response of Express. */
export class ExpressPort implements ResponsePort {
  constructor(private readonly response: ExpressResponse) {}

  get status(): number {
    return this.response.statusCode;
  }

  get setsCookies(): boolean {
    return this.response.hasHeader('set-cookie');
  }

  get mayHaveSetCookies(): boolean {
    // Sessions put a `writeHead` of their own in the place of Node's, which is not called when the client is gone.
    return this.setsCookies || (!this.isSent && Object.hasOwn(this.response, 'writeHead'));
  }

  get isSent(): boolean {
    return this.response.headersSent;
  }

  headers(): ResponseHeaders {
    return plainHeaders(this.response.getHeaders());
  }

  header(name: string): string | undefined {
    return headerText(this.response.getHeader(name));
  }

  set(name: string, value: string | readonly string[]): void {
    this.response.setHeader(name, value);
  }

  remove(name: string): void {
    this.response.removeHeader(name);
  }

  setStatus(status: number): void {
    this.response.statusCode = status;
  }

  /** Nest hands objects, bytes among them, to `response.json()`, and all else as text to `response.send()`. */
  serialize(value: unknown): SerializedBody | undefined {
    if (value === undefined || value === null) return { body: null, contentType: undefined };
    if (typeof value === 'object') {
      const body = this.#json(value);
      return body === undefined ? undefined : { body, contentType: JSON_TYPE };
    }
    if (typeof value === 'function') return undefined;
    const primitive = value as string | number | boolean | bigint;
    return { body: String(primitive), contentType: HTML };
  }

  onceSent(listener: () => void): void {
    onceSent(this.response, listener);
  }

  #json(value: object): string | undefined {
    const { app } = this.response;
    const replacer = app?.get('json replacer') as Parameters<typeof JSON.stringify>[1];
    const text = JSON.stringify(value, replacer, app?.get('json spaces') as string | undefined) as
      string | undefined;
    if (app?.get('json escape') !== true) return text;
    return text?.replaceAll(/[<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
}
