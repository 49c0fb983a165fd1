import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Counts the requests that the app takes, and what becomes of them. When the app is told to stop, each answer ends
 * its connection: Node's `server.close()` waits for connections on which one request follows the other, for ever.
 */
export class Requests {
  #isStopping = false;
  #begun = 0;
  #finished = 0;
  #cut = 0;

  get counts(): { readonly begun: number; readonly finished: number; readonly cut: number } {
    return { begun: this.#begun, finished: this.#finished, cut: this.#cut };
  }

  /** The app was told to stop. */
  stop(): void {
    this.#isStopping = true;
  }

  /** As middleware. */
  readonly count = (
    _request: IncomingMessage,
    response: ServerResponse,
    next: () => void,
  ): void => {
    this.#begun++;
    if (this.#isStopping) response.setHeader('Connection', 'close');
    response.once('close', () => {
      if (response.writableFinished) this.#finished++;
      else this.#cut++;
    });
    next();
  };
}
