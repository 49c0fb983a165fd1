/** What is used of autocannon, which comes without types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  /** One connection. */
  interface Client extends EventEmitter {
    /** It ends as soon as it has made so many requests, and the last has been answered. */
    responseMax: number | undefined;
  }

  interface Request {
    readonly method?: string;
    readonly path?: string;
    setupRequest?(request: Request, context: object): Request;
    onResponse?(status: number, body: string, context: object): void;
  }

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** In seconds, as is `timeout`. */
    readonly duration: number;
    readonly timeout: number;
    /** In milliseconds. */
    readonly sampleInt: number;
    readonly requests: readonly Request[];
    setupClient(client: Client): void;
  }

  export default function autocannon(options: Options): PromiseLike<unknown>;
}
