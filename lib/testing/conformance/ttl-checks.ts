import { InvalidTtlError } from '../../contract/errors.js';
import { MAX_TTL } from '../../contract/ttl.js';
import { checkBytes, checkFailure } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';

export const INVALID_TTLS: readonly number[] = [0, -1, 1.5, NaN, Infinity, -Infinity, MAX_TTL + 1];

export const ttlChecks: Checks = {
  'a value is gone when its ttl has ended': async (backend, { wait }) => {
    await backend.setWithTtl('short', bytes('gone'), 50);
    await backend.setWithTtl('long', bytes('here'), LONG);
    await wait(100);
    checkBytes(
      'the value with a ttl of 50 ms, after 100 ms,',
      await backend.get('short'),
      undefined,
    );
    checkBytes('the value with a ttl of a minute', await backend.get('long'), bytes('here'));
  },

  'a ttl is counted in milliseconds, not in seconds': async (backend, { wait }) => {
    await backend.setWithTtl('key', bytes('gone'), 1_200);
    await backend.setWithTtl('brief', bytes('gone'), 1);
    await wait(50);
    checkBytes('the value with a ttl of 1 ms, after 50 ms,', await backend.get('brief'), undefined);
    await wait(1_200);
    checkBytes(
      'the value with a ttl of 1200 ms, after 1250 ms,',
      await backend.get('key'),
      undefined,
    );
  },

  'storing again replaces the ttl by a longer one': async (backend, { wait }) => {
    await backend.setWithTtl('key', bytes('first'), 50);
    await backend.setWithTtl('key', bytes('second'), LONG);
    await wait(100);
    checkBytes('the value, after the first ttl,', await backend.get('key'), bytes('second'));
  },

  'storing again replaces the ttl by a shorter one': async (backend, { wait }) => {
    await backend.setWithTtl('key', bytes('first'), LONG);
    await backend.setWithTtl('key', bytes('second'), 50);
    await wait(100);
    checkBytes('the value, after the second ttl,', await backend.get('key'), undefined);
  },

  'a key that was removed or has expired takes nothing of its old ttl along': async (
    backend,
    { wait },
  ) => {
    await backend.setWithTtl('removed', bytes('first'), 50);
    await backend.remove('removed');
    await backend.setWithTtl('removed', bytes('second'), LONG);
    await backend.setWithTtl('expired', bytes('first'), 50);
    await wait(100);
    await backend.setWithTtl('expired', bytes('second'), LONG);
    checkBytes('the removed key, stored again,', await backend.get('removed'), bytes('second'));
    checkBytes('the expired key, stored again,', await backend.get('expired'), bytes('second'));
  },

  'reading a value does not prolong its ttl': async (backend, { wait }) => {
    await backend.setWithTtl('key', bytes('value'), 200);
    for (let reads = 0; reads < 5; reads++) {
      await backend.get('key');
      await wait(50);
    }
    checkBytes(
      'the value with a ttl of 200 ms, after 250 ms,',
      await backend.get('key'),
      undefined,
    );
  },

  'the longest ttl, 100 years, is accepted': async (backend) => {
    await backend.setWithTtl('key', bytes('value'), MAX_TTL);
    checkBytes('the value', await backend.get('key'), bytes('value'));
  },

  'an invalid ttl throws InvalidTtlError, and leaves what was there': async (backend) => {
    await backend.setWithTtl('key', bytes('first'), LONG);
    for (const ttl of INVALID_TTLS) {
      await checkFailure(
        `setWithTtl with a ttl of ${ttl}`,
        () => backend.setWithTtl('key', bytes('second'), ttl),
        InvalidTtlError,
      );
    }
    checkBytes('the value', await backend.get('key'), bytes('first'));
  },
};
