import type { ServerResponse } from 'node:http';
import { onceSent } from './once-sent.js';
import {
  headerText,
  plainHeaders,
  type HeaderValue,
  type ResponsePort,
  type SerializedBody,
} from './response-port.js';
import type { ResponseHeaders } from './stored-response.js';

/** What is used of Fastify's reply. */
export interface FastifyReply {
  readonly raw: ServerResponse;
  readonly statusCode: number;
  getHeader(name: string): HeaderValue;
  getHeaders(): Readonly<Record<string, HeaderValue>>;
  hasHeader(name: string): boolean;
  header(name: string, value: unknown): unknown;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  serialize(value: unknown): unknown;
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const BYTES = 'application/octet-stream';

/** The response of Fastify. */
export class FastifyPort implements ResponsePort {
  constructor(private readonly reply: FastifyReply) {}

  get status(): number {
    return this.reply.statusCode;
  }

  get setsCookies(): boolean {
    return this.reply.hasHeader('set-cookie') || hasPendingCookies(this.reply);
  }

  get mayHaveSetCookies(): boolean {
    return this.setsCookies || !this.isSent;
  }

  get isSent(): boolean {
    return this.reply.raw.headersSent;
  }

  headers(): ResponseHeaders {
    const headers = plainHeaders(this.reply.getHeaders());
    return hasPendingCookies(this.reply) ? { 'set-cookie': '', ...headers } : headers;
  }

  header(name: string): string | undefined {
    return headerText(this.reply.getHeader(name));
  }

  set(name: string, value: string | readonly string[]): void {
    this.reply.header(name, value);
  }

  remove(name: string): void {
    this.reply.removeHeader(name);
  }

  setStatus(status: number): void {
    this.reply.code(status);
  }

  /** Fastify sends texts and bytes as they are, and all else by the serializer of the route, as JSON alone. */
  serialize(value: unknown, contentType: string | undefined): SerializedBody | undefined {
    if (value === undefined) return { body: null, contentType: undefined };
    if (typeof value === 'string') return { body: value, contentType: TEXT };
    if (value instanceof Uint8Array) return { body: Uint8Array.from(value), contentType: BYTES };
    const isJson = contentType === undefined || contentType.includes('json');
    if (!isJson || ArrayBuffer.isView(value)) return undefined;
    const text = this.reply.serialize(value);
    return typeof text === 'string' ? { body: text, contentType: JSON_TYPE } : undefined;
  }

  onceSent(listener: () => void): void {
    onceSent(this.reply.raw, listener);
  }
}

/** @fastify/cookie keeps cookies to itself until the answer is sent. */
function hasPendingCookies(reply: object): boolean {
  if (!('setCookie' in reply)) return false;
  const symbol = Object.getOwnPropertySymbols(reply).find(
    ({ description }) => description === 'fastify.reply.setCookies',
  );
  const cookies: unknown = symbol === undefined ? undefined : Reflect.get(reply, symbol);
  return Number(Reflect.get(Object(cookies), 'size')) > 0;
}
