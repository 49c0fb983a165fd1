import type { ResponsePort } from './response-port.js';
import type { ResponseHeaders } from './stored-response.js';

/**
 * What a response had when its request came to the cache. A handler may begin to run when an older answer has been sent
 * already: what that has set is neither the handler's, nor was it there before.
 */
export class ResponseStart {
  readonly headers: ResponseHeaders;
  readonly status: number;
  /** Whether an answer has been set on the response: what it has from then on says nothing of the handler. */
  isAnswered = false;

  constructor(port: ResponsePort) {
    this.headers = port.headers();
    this.status = port.status;
  }
}
