import type { FencedBackend } from '../../contract/capabilities.js';
import { check, checkBytes } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';
import { ANN, BOB, checkFill, checkFilled, checkLease, checkRenew, CID } from './fence-answers.js';

/** Who may fill, and for how long. */
export const leaseChecks: Checks<FencedBackend> = {
  'a lease is granted to the first who asks, and the others wait': async (backend) => {
    await checkLease(backend, 'key', ANN, 'granted');
    const { remaining } = await checkLease(backend, 'key', BOB, 'wait');
    check(remaining > 0 && remaining <= LONG, `of ${LONG} ms, ${remaining} are told to remain`);
    await checkLease(backend, 'key', CID, 'wait');
    await checkFill(backend, 'key', ANN, true);
  },

  'of 50 who ask for a lease at once, one is granted': async (backend) => {
    const tokens = Array.from({ length: 50 }, (_, index) => `token-number-${100 + index}`);
    const answers = await Promise.all(
      tokens.map(async (token) => backend.lease('key', token, LONG)),
    );
    const granted = tokens.filter((_, index) => answers[index]?.outcome === 'granted');
    check(granted.length === 1, `${granted.length} are granted`);
    check(
      answers.filter(({ outcome }) => outcome === 'wait').length === 49,
      'the others are not told to wait',
    );
    const stored = await Promise.all(
      tokens.map(async (token) => backend.fill('key', token, bytes(token), LONG)),
    );
    check(stored.filter(Boolean).length === 1, `${stored.filter(Boolean).length} have filled`);
    const [holder] = granted;
    await checkFilled(backend, 'key', holder, bytes(holder ?? ''));
  },

  'who holds a lease and asks again is granted it again, for the time that it asks for': async (
    backend,
    { wait },
  ) => {
    await backend.lease('key', ANN, 400);
    await checkLease(backend, 'key', ANN, 'granted');
    await wait(450);
    await checkLease(backend, 'key', BOB, 'wait');
    await checkFill(backend, 'key', ANN, true);
  },

  'a lease that nobody ends has ended when its time is over': async (backend, { wait }) => {
    await backend.lease('key', ANN, 50);
    await wait(100);
    await checkFill(backend, 'key', ANN, false);
    await checkRenew(backend, 'key', ANN, false);
    await checkFilled(backend, 'key', undefined);
    await checkLease(backend, 'key', BOB, 'granted');
  },

  'who waits is told how long at most': async (backend, { wait }) => {
    await checkLease(backend, 'key', ANN, 'granted');
    await wait(200);
    const { remaining } = await checkLease(backend, 'key', BOB, 'wait');
    // Timers may be early by a little.
    check(
      remaining <= LONG - 190 && remaining > LONG / 2,
      `of ${LONG} ms, after 200 ms, ${remaining} are told to remain`,
    );
  },

  'a lease is of one key alone, and no key of its own': async (backend) => {
    await checkLease(backend, 'key', ANN, 'granted');
    for (const other of ['key ', 'Key', 'key:l', 'key}:l', '{key}', 'key:lease']) {
      checkBytes(`the key ${other}`, await backend.get(other), undefined);
      await checkLease(backend, other, BOB, 'granted');
      await checkFill(backend, other, BOB, true);
    }
    checkBytes('the key', await backend.get('key'), undefined);
    await checkFill(backend, 'key', ANN, true);
  },

  'a renewed lease lasts for the new time, from now on': async (backend, { wait }) => {
    await backend.lease('longer', ANN, 400);
    await checkLease(backend, 'shorter', ANN, 'granted');
    await checkRenew(backend, 'longer', ANN, true);
    await checkRenew(backend, 'shorter', ANN, true, 50);
    await wait(450);
    await checkLease(backend, 'longer', BOB, 'wait');
    await checkFill(backend, 'longer', ANN, true);
    await checkLease(backend, 'shorter', BOB, 'granted');
    await checkFill(backend, 'shorter', ANN, false);
  },

  'who does not hold a lease cannot renew it': async (backend, { wait }) => {
    await checkRenew(backend, 'key', ANN, false);
    await backend.lease('key', ANN, 400);
    await checkRenew(backend, 'key', BOB, false);
    await wait(450);
    await checkLease(backend, 'key', CID, 'granted');
    await checkRenew(backend, 'key', ANN, false);
    await checkFill(backend, 'key', CID, true);
    await checkRenew(backend, 'key', CID, false);
  },

  'a released lease is free at once, and nothing is stored': async (backend) => {
    await checkLease(backend, 'key', ANN, 'granted');
    await backend.release('key', ANN);
    await checkFilled(backend, 'key', undefined);
    await checkFill(backend, 'key', ANN, false);
    await checkLease(backend, 'key', BOB, 'granted');
  },

  'a lease for which others wait still belongs to its holder': async (backend) => {
    for (const key of ['filled', 'renewed', 'released']) {
      await checkLease(backend, key, ANN, 'granted');
      for (const other of [BOB, CID, BOB]) await checkLease(backend, key, other, 'wait');
      await checkLease(backend, key, ANN, 'granted');
      await checkLease(backend, key, BOB, 'wait');
    }
    await checkFill(backend, 'filled', ANN, true);
    await checkRenew(backend, 'renewed', ANN, true);
    await backend.release('released', ANN);
    await checkLease(backend, 'released', BOB, 'granted');
  },

  'releasing what one does not hold does nothing, and is not an error': async (backend) => {
    await backend.release('key', ANN);
    await checkLease(backend, 'key', ANN, 'granted');
    await backend.release('key', BOB);
    await checkLease(backend, 'key', CID, 'wait');
    await checkFill(backend, 'key', ANN, true);
    await backend.release('key', ANN);
    await checkFilled(backend, 'key', ANN);
  },
};
