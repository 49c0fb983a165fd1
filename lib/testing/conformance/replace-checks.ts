import type { FencedBackend } from '../../contract/capabilities.js';
import { InvalidTtlError } from '../../contract/errors.js';
import { check, checkFailure } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';
import {
  ANN,
  BOB,
  checkFill,
  checkFilled,
  checkLease,
  checkRenew,
  checkReplace,
  CID,
} from './fence-answers.js';
import { INVALID_TTLS } from './ttl-checks.js';

/** What is stored in the place of whatever stands there. */
export const replaceChecks: Checks<FencedBackend> = {
  'a value that replaces stands there, whatever stood there before': async (backend) => {
    await backend.setWithTtl('plain', bytes('old'), LONG);
    await checkLease(backend, 'filled', ANN, 'granted');
    await checkFill(backend, 'filled', ANN, true);
    for (const key of ['empty', 'plain', 'filled']) {
      await checkReplace(backend, key, BOB, true);
      await checkFilled(backend, key, BOB);
      await checkLease(backend, key, CID, 'hit');
      await checkReplace(backend, key, CID, true, bytes('again'));
      await checkFilled(backend, key, CID, bytes('again'));
    }
  },

  'it takes the lease away: a load that began before it cannot store its value': async (
    backend,
  ) => {
    await checkLease(backend, 'key', ANN, 'granted');
    await checkLease(backend, 'key', CID, 'wait');
    await checkReplace(backend, 'key', BOB, true);
    await checkFill(backend, 'key', ANN, false);
    await checkRenew(backend, 'key', ANN, false);
    await checkFilled(backend, 'key', BOB);
  },

  'its ttl is that of the new value': async (backend, { wait }) => {
    await checkReplace(backend, 'longer', ANN, true, bytes('old'), 50);
    await checkReplace(backend, 'longer', BOB, true, bytes('new'), LONG);
    await checkReplace(backend, 'shorter', ANN, true, bytes('old'), LONG);
    await checkReplace(backend, 'shorter', BOB, true, bytes('new'), 50);
    await wait(100);
    await checkFilled(backend, 'longer', BOB, bytes('new'));
    await checkFilled(backend, 'shorter', undefined);
  },

  'a key that is held empty stays empty, for as long as before': async (backend, { wait }) => {
    await backend.discard(['key'], 300);
    await checkReplace(backend, 'key', ANN, false);
    await checkFilled(backend, 'key', undefined);
    await checkLease(backend, 'key', BOB, 'bypass');
    await wait(350);
    await checkReplace(backend, 'key', ANN, true);
    await checkFilled(backend, 'key', ANN);
  },

  'of many at once, each key has its own value': async (backend) => {
    const keys = Array.from({ length: 300 }, (_, index) => `key ${index} *?[]\\{} ключ 😀`);
    const answers = await Promise.all(
      keys.map(async (key) => backend.replace(key, ANN, bytes(key), LONG)),
    );
    check(answers.every(Boolean), 'it does not answer true for each');
    for (const key of keys) await checkFilled(backend, key, ANN, bytes(key));
  },

  'a caller who changes bytes that it gave does not change what is stored': async (backend) => {
    const given = bytes('value');
    await checkReplace(backend, 'key', ANN, true, given);
    given.fill(0);
    await checkFilled(backend, 'key', ANN, bytes('value'));
  },

  'with an invalid ttl it throws InvalidTtlError, and changes nothing': async (backend) => {
    await checkReplace(backend, 'key', ANN, true);
    for (const ttl of INVALID_TTLS) {
      await checkFailure(
        `replace with a ttl of ${ttl}`,
        () => backend.replace('key', BOB, bytes('value'), ttl),
        InvalidTtlError,
      );
    }
    await checkFilled(backend, 'key', ANN);
  },
};
