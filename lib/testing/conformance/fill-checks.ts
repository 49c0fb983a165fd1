import { isBatch, isTtlAware, type FencedBackend } from '../../contract/capabilities.js';
import { InvalidTtlError } from '../../contract/errors.js';
import { check, checkBytes, checkFailure } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';
import { ANN, BOB, checkFill, checkFilled, checkLease, CID, fillWith } from './fence-answers.js';
import { INVALID_TTLS } from './ttl-checks.js';

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, index) => index);

/** What is filled, and how it is found. */
export const fillChecks: Checks<FencedBackend> = {
  'the holder of the lease fills, once, and its lease ends by that': async (backend) => {
    await fillWith(backend, 'key', ANN, bytes('first'));
    await checkFilled(backend, 'key', ANN, bytes('first'));
    await checkFill(backend, 'key', ANN, false, bytes('second'));
    await checkFilled(backend, 'key', ANN, bytes('first'));
    await checkLease(backend, 'key', BOB, 'granted', ANN);
  },

  'who does not hold the lease fills nothing, and leaves the lease to its holder': async (
    backend,
  ) => {
    await checkFill(backend, 'key', ANN, false);
    await checkFilled(backend, 'key', undefined);
    await checkLease(backend, 'key', ANN, 'granted');
    await checkFill(backend, 'key', BOB, false);
    await checkFilled(backend, 'key', undefined);
    await checkFill(backend, 'key', ANN, true);
  },

  'a slow holder cannot fill once its lease is held by another, whose fill stands': async (
    backend,
    { wait },
  ) => {
    await backend.lease('key', ANN, 50);
    await wait(100);
    await checkLease(backend, 'key', BOB, 'granted');
    await checkFill(backend, 'key', ANN, false);
    await checkFill(backend, 'key', BOB, true);
    await checkFill(backend, 'key', ANN, false);
    await checkFilled(backend, 'key', BOB);
  },

  'what was filled is a hit for who asks for a lease': async (backend) => {
    await fillWith(backend, 'key', ANN, EVERY_BYTE);
    const { found } = await checkLease(backend, 'key', BOB, 'hit');
    checkBytes('the value of the hit', found.value, EVERY_BYTE);
    check(found.token === ANN, 'the token of the hit is not that of the fill');
    check(
      found.ttl === undefined || (found.ttl > LONG / 2 && found.ttl <= LONG),
      `the hit tells a ttl of ${found.ttl} ms`,
    );
    // No lease was left behind.
    await checkLease(backend, 'key', CID, 'granted', ANN);
  },

  'a value whose token is rejected is no hit, and is replaced': async (backend) => {
    await fillWith(backend, 'key', ANN, bytes('old'));
    await checkLease(backend, 'key', BOB, 'granted', ANN);
    await checkLease(backend, 'key', CID, 'wait', ANN);
    await checkFill(backend, 'key', BOB, true, bytes('new'));
    await checkFilled(backend, 'key', BOB, bytes('new'));
    const { found } = await checkLease(backend, 'key', CID, 'hit', ANN);
    check(found.token === BOB, 'a rejected token rejects another value too');
  },

  'a value that is being replaced is still found by those who do not reject it': async (
    backend,
  ) => {
    await fillWith(backend, 'key', ANN, bytes('old'));
    await checkLease(backend, 'key', BOB, 'granted', ANN);
    await checkLease(backend, 'key', CID, 'hit');
    await backend.release('key', BOB);
    await checkFilled(backend, 'key', ANN, bytes('old'));
  },

  'what was filled is gone when its ttl has ended, to the millisecond': async (
    backend,
    { wait },
  ) => {
    await fillWith(backend, 'short', ANN, bytes('gone'), 400);
    await fillWith(backend, 'brief', ANN, bytes('gone'), 1);
    await fillWith(backend, 'long', ANN, bytes('here'), LONG);
    const ttl = (await backend.getFenced('short'))?.ttl;
    check(ttl === undefined || (ttl > 0 && ttl <= 400), `of 400 ms it tells ${ttl} ms`);
    await wait(50);
    await checkFilled(backend, 'brief', undefined);
    await wait(400);
    await checkFilled(backend, 'short', undefined);
    await checkLease(backend, 'short', BOB, 'granted');
    await checkFilled(backend, 'long', ANN, bytes('here'));
  },

  'a fill that replaces a value replaces its ttl': async (backend, { wait }) => {
    await fillWith(backend, 'longer', ANN, bytes('old'), 400);
    await fillWith(backend, 'shorter', ANN, bytes('old'), LONG);
    for (const key of ['longer', 'shorter']) await checkLease(backend, key, BOB, 'granted', ANN);
    await checkFill(backend, 'longer', BOB, true, bytes('new'), LONG);
    await checkFill(backend, 'shorter', BOB, true, bytes('new'), 50);
    await wait(450);
    await checkFilled(backend, 'longer', BOB, bytes('new'));
    await checkFilled(backend, 'shorter', undefined);
  },

  'a fill with an invalid ttl throws InvalidTtlError, and leaves the lease': async (backend) => {
    await checkLease(backend, 'key', ANN, 'granted');
    for (const ttl of INVALID_TTLS) {
      await checkFailure(
        `fill with a ttl of ${ttl}`,
        () => backend.fill('key', ANN, bytes('value'), ttl),
        InvalidTtlError,
      );
    }
    await checkFilled(backend, 'key', undefined);
    await checkFill(backend, 'key', ANN, true);
  },

  'any bytes can be filled': async (backend) => {
    const values = [
      new Uint8Array(0),
      EVERY_BYTE,
      ...Array.from(EVERY_BYTE, (byte) => Uint8Array.of(byte)),
      bytes(ANN),
      bytes(`${ANN}${BOB}value`),
      new Uint8Array(1 << 20).fill(7),
    ];
    for (const [index, value] of values.entries()) {
      await fillWith(backend, `key ${index}`, ANN, value);
      await checkFilled(backend, `key ${index}`, ANN, value);
    }
  },

  'get finds what was filled, without its token': async (backend) => {
    for (const value of [EVERY_BYTE, new Uint8Array(0)]) {
      const key = `of ${value.length} bytes`;
      await fillWith(backend, key, ANN, value);
      checkBytes('what get answers', await backend.get(key), value);
      if (isTtlAware(backend)) {
        const found = await backend.getWithTtl(key);
        checkBytes('what getWithTtl answers', found?.value, value);
      }
      if (isBatch(backend)) {
        const [found] = await backend.getMany([key]);
        checkBytes('what getMany answers', found?.value, value);
      }
    }
  },

  'what was stored without a lease is not taken for what was filled': async (backend) => {
    await fillWith(backend, 'key', ANN, bytes('filled'));
    // What a store might keep of it beside the value; and what begins with the same bytes.
    const values = [bytes('plain'), bytes(`${ANN}filled`), new Uint8Array(0), bytes(ANN)];
    for (const value of values) {
      await backend.setWithTtl('key', value, LONG);
      await checkFilled(backend, 'key', undefined);
      checkBytes('what get answers', await backend.get('key'), value);
    }
    await fillWith(backend, 'key', BOB, bytes('filled again'));
    await checkFilled(backend, 'key', BOB, bytes('filled again'));
    await backend.remove('key');
    await checkFilled(backend, 'key', undefined);
  },

  'a caller who changes bytes that it filled or found does not change what is stored': async (
    backend,
  ) => {
    const given = bytes('value');
    await fillWith(backend, 'key', ANN, given);
    given.fill(0);
    (await backend.getFenced('key'))?.value.fill(0);
    await checkFilled(backend, 'key', ANN, bytes('value'));
  },

  'fences take keys literally, unusual ones too': async (backend) => {
    const keys = ['ключ 😀', '*?[]\\', '{}', '%7B', '__proto__', ' ', 'key:l', 'x'.repeat(1_000)];
    for (const key of keys) await fillWith(backend, key, ANN, bytes(key));
    for (const key of keys) await checkFilled(backend, key, ANN, bytes(key));
    await backend.discard(keys);
    for (const key of keys) await checkFilled(backend, key, undefined);
  },

  'getFencedMany answers in the order of the keys, as often as they are asked for': async (
    backend,
  ) => {
    await fillWith(backend, 'a', ANN, bytes('1'));
    await fillWith(backend, 'b', BOB, new Uint8Array(0));
    await backend.setWithTtl('plain', bytes('2'), LONG);
    await checkLease(backend, 'leased', CID, 'granted');
    const keys = ['b', 'absent', 'a', 'plain', 'leased', 'a'];
    const found = await backend.getFencedMany(keys);
    const shown = found.map((one) => one && `${one.token} ${one.value.length}`);
    const expected = [`${BOB} 0`, undefined, `${ANN} 1`, undefined, undefined, `${ANN} 1`];
    check(found.length === keys.length, `${keys.length} keys have ${found.length} answers`);
    check(
      expected.every((answer, index) => answer === shown[index]),
      `it answers ${shown.join(', ')} for ${expected.join(', ')}`,
    );
    check((await backend.getFencedMany([])).length === 0, 'no keys have an answer');
  },
};
