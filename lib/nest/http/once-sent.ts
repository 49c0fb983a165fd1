import type { ServerResponse } from 'node:http';

/** Calls a listener once: when the response has been sent, or when it is certain that it will not be. */
export function onceSent(response: ServerResponse, listener: () => void): void {
  let isCalled = false;
  const call = (): void => {
    if (isCalled) return;
    isCalled = true;
    listener();
  };
  response.once('finish', call).once('close', call);
  // Where the client is gone already, neither comes any more. What sets headers does so nevertheless.
  if (response.destroyed || response.closed) setImmediate(call);
}
