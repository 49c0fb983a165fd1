import type { FencedBackend } from '../../contract/capabilities.js';
import { check, checkBytes } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';
import {
  ANN,
  BOB,
  checkFill,
  checkFilled,
  checkLease,
  checkRenew,
  CID,
  fillWith,
} from './fence-answers.js';

/** What an invalidation does to values and leases. */
export const discardChecks: Checks<FencedBackend> = {
  'a discarded value is gone': async (backend) => {
    await fillWith(backend, 'filled', ANN, bytes('value'));
    await backend.setWithTtl('plain', bytes('value'), LONG);
    await backend.discard(['filled', 'absent', 'plain', 'filled']);
    await backend.discard(['filled', 'absent', 'plain']);
    await backend.discard([]);
    await checkFilled(backend, 'filled', undefined);
    checkBytes('the plain value', await backend.get('plain'), undefined);
    await fillWith(backend, 'filled', BOB, bytes('new'));
  },

  'a discard takes the lease away: a load that began before it cannot store its value': async (
    backend,
  ) => {
    await checkLease(backend, 'key', ANN, 'granted');
    await checkLease(backend, 'key', BOB, 'wait');
    await backend.discard(['key']);
    await checkFill(backend, 'key', ANN, false);
    await checkRenew(backend, 'key', ANN, false);
    await checkFilled(backend, 'key', undefined);

    await checkLease(backend, 'key', BOB, 'granted');
    await checkFill(backend, 'key', ANN, false);
    await backend.release('key', ANN);
    await checkLease(backend, 'key', CID, 'wait');
    await checkFill(backend, 'key', BOB, true);
    await checkFilled(backend, 'key', BOB);
  },

  'a discard takes the lease of a value that is being replaced': async (backend) => {
    await fillWith(backend, 'key', ANN, bytes('old'));
    await checkLease(backend, 'key', BOB, 'granted', ANN);
    await backend.discard(['key']);
    await checkFill(backend, 'key', BOB, false);
    await checkFilled(backend, 'key', undefined);
  },

  'of loads and discards at once, none is stored that began before the last discard': async (
    backend,
  ) => {
    const tokens = Array.from({ length: 40 }, (_, index) => `token-number-${100 + index}`);
    const leased = await Promise.all(
      tokens.map(async (token, index) => {
        if (index % 4 === 3) await backend.discard(['key']);
        return backend.lease('key', token, LONG);
      }),
    );
    check(
      leased.some(({ outcome }) => outcome === 'granted'),
      'nobody was granted a lease',
    );
    await backend.discard(['key']);
    const stored = await Promise.all(
      tokens.map(async (token) => backend.fill('key', token, bytes(token), LONG)),
    );
    check(!stored.some(Boolean), 'a load that began before the discard has filled after it');
    await checkFilled(backend, 'key', undefined);
  },

  'a key that is held empty may be loaded by all and filled by none, until the time is over':
    async (backend, { wait }) => {
      await fillWith(backend, 'key', ANN, bytes('old'));
      await backend.discard(['key'], 300);
      await checkFilled(backend, 'key', undefined);
      for (const token of [ANN, BOB, ANN]) {
        await checkLease(backend, 'key', token, 'bypass');
        await checkFill(backend, 'key', token, false);
        await checkRenew(backend, 'key', token, false);
        await backend.release('key', token);
      }
      await wait(350);
      await checkLease(backend, 'key', BOB, 'granted');
      await checkFill(backend, 'key', BOB, true);
    },

  'a key can be held empty when somebody holds its lease, who then cannot fill it': async (
    backend,
    { wait },
  ) => {
    await checkLease(backend, 'key', ANN, 'granted');
    await checkLease(backend, 'key', BOB, 'wait');
    await backend.discard(['key'], 300);
    await checkFill(backend, 'key', ANN, false);
    await checkLease(backend, 'key', BOB, 'bypass');
    await wait(350);
    await checkFill(backend, 'key', ANN, false);
    await checkLease(backend, 'key', BOB, 'granted');
  },

  'a later discard may make the time longer, and never shorter': async (backend, { wait }) => {
    await backend.discard(['long'], LONG);
    await backend.discard(['short'], 50);
    await backend.discard(['long', 'short']);
    await backend.discard(['long'], 50);
    await backend.discard(['short'], LONG);
    await wait(100);
    for (const key of ['long', 'short']) await checkLease(backend, key, ANN, 'bypass');
  },

  'a discard of many keys leaves the others, their leases too': async (backend) => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index} *?[]\\{} ключ 😀`);
    await Promise.all(
      keys.map(async (key, index) => {
        const leased = index % 2 === 0 ? ANN : BOB;
        await backend.lease(key, leased, LONG);
        if (leased === ANN) await backend.fill(key, ANN, bytes(key), LONG);
      }),
    );
    const [kept = '', leased = '', ...others] = keys;
    await backend.discard(others);
    const found = await backend.getFencedMany(keys);
    check(
      found.every((value, index) => (value !== undefined) === (index === 0)),
      'what is left is not what was not discarded',
    );
    const stored = await Promise.all(
      keys.map(async (key) => backend.fill(key, BOB, bytes(key), LONG)),
    );
    check(
      stored.every((done, index) => done === (index === 1)),
      'a lease was left, or the lease of another key was taken away',
    );
    await checkFilled(backend, kept, ANN, bytes(kept));
    await checkFilled(backend, leased, BOB, bytes(leased));
  },

  'keys that are removed by a pattern lose their leases, where patterns are known': async (
    backend,
  ) => {
    if (backend.removePattern === undefined) return;
    await fillWith(backend, 'user:1', ANN, bytes('value'));
    for (const key of ['user:2', 'order:2']) await checkLease(backend, key, ANN, 'granted');
    await backend.discard(['user:3'], LONG);
    await backend.removePattern('user:*');
    await checkFilled(backend, 'user:1', undefined);
    await checkFill(backend, 'user:2', ANN, false);
    await checkLease(backend, 'user:2', BOB, 'granted');
    await checkLease(backend, 'user:3', BOB, 'bypass');
    await checkFill(backend, 'order:2', ANN, true);
  },
};
