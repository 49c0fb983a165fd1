import type { ExecutionContext } from '@nestjs/common';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { hasBody, hasCredentials } from './credentials.js';
import type { HttpPlan } from './http-plan.js';
import { userOf, type HttpRequest } from './http-request.js';
import { ignoreLateFailure } from './late-failure.js';
import type { ResponsePort } from './response-port.js';

/** Whose answers a request may be given, or why it passes by the cache: a token of `Cache-Status`. */
export type Admittance =
  { readonly principal: string | undefined } | { readonly bypass: BypassReason };

export type BypassReason = 'credentials' | 'principal' | 'body' | 'set-cookie';

/** Whether a request may be answered from the cache at all. */
export function admit(
  plan: HttpPlan,
  request: HttpRequest,
  port: ResponsePort,
  context: ExecutionContext,
): Admittance {
  // Set by whoever comes before the handler, for this client: the answer is to go to nobody else.
  if (port.setsCookies) return { bypass: 'set-cookie' };
  if (plan.principal !== undefined) {
    const principal = principalText(plan, plan.principal(context));
    if (principal === undefined) return { bypass: 'principal' };
    return hasBody(request.headers) ? { bypass: 'body' } : { principal };
  }
  const user = userOf(request);
  const isKnown = user !== undefined && user !== null;
  if (isKnown || hasCredentials(request.headers, plan.sessionCookies)) {
    return { bypass: 'credentials' };
  }
  return hasBody(request.headers) ? { bypass: 'body' } : NOBODY;
}

const NOBODY: Admittance = { principal: undefined };

/**
 * Who asks, as a text that no other has; `undefined` for nobody who is known.
 *
 * @throws InvalidOptionError for what has no text of its own: all objects look the same
 */
function principalText(plan: HttpPlan, principal: unknown): string | undefined {
  if (principal === undefined || principal === null || principal === '') return undefined;
  if (Number.isNaN(principal)) return undefined;
  if (
    typeof principal === 'string' ||
    typeof principal === 'number' ||
    typeof principal === 'bigint'
  ) {
    return `${typeof principal}:${principal}`;
  }
  ignoreLateFailure(principal);
  throw new InvalidOptionError(
    `${plan.label}: principal`,
    `answers a string or a number, at once; got ${quote(principal)}`,
  );
}
