import type { FencedBackend, LeaseAnswer } from '../../contract/capabilities.js';
import { quote } from '../../contract/quote.js';
import { check, checkBytes } from '../conformance-case.js';
import { bytes, LONG } from './check.js';

/** Three who want to fill. */
export const ANN = 'token-of-ann-001';
export const BOB = 'token-of-bob-002';
export const CID = 'token-of-cid-003';

/** Somebody asks for a lease of a minute, and has to be answered so. */
export async function checkLease<Outcome extends LeaseAnswer['outcome']>(
  backend: FencedBackend,
  key: string,
  token: string,
  outcome: Outcome,
  rejected?: string,
): Promise<Extract<LeaseAnswer, { outcome: Outcome }>> {
  const answer = await backend.lease(key, token, LONG, rejected);
  check(
    isOutcome(answer, outcome),
    `who asks for a lease is answered ${quote(answer.outcome)}, not "${outcome}"`,
  );
  return answer;
}

function isOutcome<Outcome extends LeaseAnswer['outcome']>(
  answer: LeaseAnswer,
  outcome: Outcome,
): answer is Extract<LeaseAnswer, { outcome: Outcome }> {
  return answer.outcome === outcome;
}

/** Gets the lease and fills. */
export async function fillWith(
  backend: FencedBackend,
  key: string,
  token: string,
  value: Uint8Array,
  ttl = LONG,
): Promise<void> {
  await checkLease(backend, key, token, 'granted');
  await checkFill(backend, key, token, true, value, ttl);
}

export async function checkFill(
  backend: FencedBackend,
  key: string,
  token: string,
  expected: boolean,
  value?: Uint8Array,
  ttl?: number,
): Promise<void> {
  await checkStored('fill', backend, key, token, expected, value, ttl);
}

/** As `checkFill`, in the place of whatever stands there. */
export async function checkReplace(
  backend: FencedBackend,
  key: string,
  token: string,
  expected: boolean,
  value?: Uint8Array,
  ttl?: number,
): Promise<void> {
  await checkStored('replace', backend, key, token, expected, value, ttl);
}

async function checkStored(
  operation: 'fill' | 'replace',
  backend: FencedBackend,
  key: string,
  token: string,
  expected: boolean,
  value = bytes(`by ${token}`),
  ttl = LONG,
): Promise<void> {
  const answer: unknown = await backend[operation](key, token, value, ttl);
  check(answer === expected, `${operation} answers ${quote(answer)}, not ${expected}`);
}

export async function checkRenew(
  backend: FencedBackend,
  key: string,
  token: string,
  expected: boolean,
  duration = LONG,
): Promise<void> {
  const answer: unknown = await backend.renew(key, token, duration);
  check(answer === expected, `renew answers ${quote(answer)}, not ${expected}`);
}

/** What was filled under the key has to be this, by this token; or nothing. */
export async function checkFilled(
  backend: FencedBackend,
  key: string,
  token: string | undefined,
  value = token === undefined ? undefined : bytes(`by ${token}`),
): Promise<void> {
  const found = await backend.getFenced(key);
  checkBytes('what was filled', found?.value, value);
  check(
    found?.token === token,
    `its token is ${quote(found?.token)}, where ${quote(token)} was expected`,
  );
}
