import { AsyncLocalStorage } from 'node:async_hooks';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isSameHeader } from './kept-headers.js';
import { plainHeader, type HeaderValue, type ResponsePort } from './response-port.js';
import type { ResponseStart } from './response-start.js';
import type { ResponseHeaders } from './stored-response.js';

/** Stands for a run. What outlives the run, such as a timer, holds on to this, and not to the response. */
interface RunToken {
  headers: HandlerHeaders | undefined;
}

/** The run of a handler that the code which is running belongs to. */
const running = new AsyncLocalStorage<RunToken>();

/** How many runs are under way. Without any, the storage is switched off: it makes every promise of the process slower. */
let runs = 0;

type Operation = (this: unknown, ...args: never[]) => unknown;

/**
 * The status and the headers that one run of a handler sets. They are kept from the response: that may be sent while the
 * handler still runs, with an older answer, or after it has failed; and what it sets has to be told from what others
 * have set before. To the handler the response looks as ever.
 */
export class HandlerHeaders {
  readonly before: ResponseHeaders;
  readonly #headers: Map<string, string | readonly string[]>;
  #status: number;
  /** What was set on the response itself meanwhile, past what the handler is given. */
  #past: ResponseHeaders = {};

  constructor(
    private readonly port: ResponsePort,
    private readonly start: ResponseStart,
  ) {
    this.before = start.headers;
    this.#headers = new Map(Object.entries(this.before));
    this.#status = start.status;
  }

  get status(): number {
    return this.#status;
  }

  /** All headers, by their names in lower case: those that were there before, as the run has left them. */
  get after(): ResponseHeaders {
    const after: Record<string, string | readonly string[]> = Object.fromEntries(this.#headers);
    for (const [name, value] of Object.entries(this.#past)) {
      if (isSameHeader(after[name], this.before[name])) after[name] = value;
    }
    return after;
  }

  /** Runs the handler, whose code then sees `response` with these headers. */
  async run<T>(response: object, act: () => Promise<T>): Promise<T> {
    const uncover = this.#cover(response);
    const token: RunToken = { headers: this };
    runs++;
    try {
      return await running.run(token, act);
    } finally {
      token.headers = undefined;
      uncover();
      this.#lookPast();
      runs--;
      if (runs === 0) running.disable();
    }
  }

  /** Sets on the response what the handler has set, or removed. */
  apply(): void {
    if (this.port.status !== this.#status) this.port.setStatus(this.#status);
    for (const name of Object.keys(this.before)) {
      if (!this.#headers.has(name)) this.port.remove(name);
    }
    for (const [name, value] of this.#headers) {
      if (this.before[name] !== value) this.port.set(name, value);
    }
  }

  /** Fastify's `reply.raw`, and code that has lost its async context, write to the response itself. */
  #lookPast(): void {
    const { port, start } = this;
    if (start.isAnswered) return;
    this.#past = Object.fromEntries(
      Object.entries(port.headers()).filter(
        ([name, value]) => !isSameHeader(this.before[name], value),
      ),
    );
    if (this.#status === start.status) this.#status = port.status;
  }

  #cover(response: object): () => void {
    const isFastify = 'raw' in response;
    const operations: Record<string, Operation> = isFastify ? this.#fastify() : this.#node();
    const uncover = [this.#coverStatus(response, isFastify)];
    for (const [name, operation] of Object.entries(operations)) {
      if (name in response) uncover.push(this.#coverMethod(response, name, operation));
    }
    return () => {
      for (const restore of uncover) restore();
    };
  }

  #coverMethod(response: object, name: string, operation: Operation): () => void {
    const original = Reflect.get(response, name) as Operation;
    // Middleware may have put a method of its own there.
    const own = Object.getOwnPropertyDescriptor(response, name);
    const isInside = (): boolean => this.#isInside;
    this.#define(response, name, {
      value: function (this: unknown, ...args: never[]): unknown {
        return (isInside() ? operation : original).apply(this, args);
      },
      writable: true,
    });
    return () => {
      if (own === undefined) Reflect.deleteProperty(response, name);
      else Object.defineProperty(response, name, own);
    };
  }

  /** Whether the code that is running is the handler's. What it sets after it has answered is nobody's. */
  get #isInside(): boolean {
    return running.getStore()?.headers === this;
  }

  #coverStatus(response: object, isFastify: boolean): () => void {
    let status = Reflect.get(response, 'statusCode') as number;
    const hadOwn = Object.hasOwn(response, 'statusCode');
    const prototype: unknown = Object.getPrototypeOf(response);
    this.#define(response, 'statusCode', {
      get: () => {
        if (this.#isInside) return this.#status;
        return isFastify
          ? (Reflect.get(Object(prototype), 'statusCode', response) as number)
          : status;
      },
      set: (given: number) => {
        if (this.#isInside) this.#status = given;
        else if (isFastify) Reflect.set(Object(prototype), 'statusCode', given, response);
        else status = given;
      },
    });
    return () => {
      Reflect.deleteProperty(response, 'statusCode');
      if (!isFastify && (hadOwn || status !== Reflect.get(response, 'statusCode'))) {
        Reflect.set(response, 'statusCode', status);
      }
    };
  }

  #define(response: object, name: string, descriptor: PropertyDescriptor): void {
    Object.defineProperty(response, name, { ...descriptor, configurable: true, enumerable: true });
  }

  #node(): Record<string, Operation> {
    const headers = this.#headers;
    const set = (name: string, value: HeaderValue): void => this.#set(name, value);
    return {
      ...this.#reading(),
      setHeader(name: string, value: HeaderValue) {
        set(name, value);
        return this;
      },
      setHeaders(given: Iterable<[string, HeaderValue]>) {
        for (const [name, value] of given) set(name, value);
        return this;
      },
      appendHeader(name: string, value: string | readonly string[]) {
        set(name, [headers.get(name.toLowerCase()) ?? [], value].flat(2));
        return this;
      },
      removeHeader: (name: string) => void headers.delete(name.toLowerCase()),
    };
  }

  #fastify(): Record<string, Operation> {
    const headers = this.#headers;
    const set = (name: string, value: HeaderValue): void => this.#set(name, value);
    const setStatus = (status: number): void => {
      this.#status = status;
    };
    const code = function (this: unknown, status: number): unknown {
      setStatus(status);
      return this;
    };
    return {
      ...this.#reading(),
      code,
      status: code,
      header(name: string, value: HeaderValue = '') {
        const cookies = name.toLowerCase() === 'set-cookie' ? headers.get('set-cookie') : undefined;
        set(name, cookies === undefined ? value : [cookies, String(value)].flat(2));
        return this;
      },
      type(value: string) {
        set('content-type', value);
        return this;
      },
      removeHeader(name: string) {
        headers.delete(name.toLowerCase());
        return this;
      },
    };
  }

  #reading(): Record<string, Operation> {
    return {
      getHeader: (name: string) => this.#headers.get(name.toLowerCase()),
      getHeaders: () => Object.fromEntries(this.#headers),
      getHeaderNames: () => [...this.#headers.keys()],
      hasHeader: (name: string) => this.#headers.has(name.toLowerCase()),
    };
  }

  #set(name: string, value: HeaderValue): void {
    validateHeaderName(name);
    if (value === undefined) return;
    const plain = plainHeader(value);
    for (const text of [plain].flat()) validateHeaderValue(name, text);
    this.#headers.set(name.toLowerCase(), plain);
  }
}
