import type { CacheBackend } from '../../contract/cache-backend.js';
import { check, checkBytes } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';

const MANY = Array.from({ length: 200 }, (_, index) => index);

/** So long that a write of it in pieces would show. */
function wholeValue(index: number): Uint8Array {
  return new Uint8Array(10_000).fill(index);
}

export const concurrencyChecks: Checks = {
  'many keys can be written, read and removed at once': async (backend) => {
    await Promise.all(
      MANY.map(async (i) => backend.setWithTtl(`key:${i}`, bytes(`value ${i}`), LONG)),
    );
    const values = await Promise.all(MANY.map(async (i) => backend.get(`key:${i}`)));
    for (const i of MANY) checkBytes(`key:${i}`, values[i], bytes(`value ${i}`));
    await Promise.all(MANY.map(async (i) => backend.remove(`key:${i}`)));
    const left = await Promise.all(MANY.map(async (i) => backend.get(`key:${i}`)));
    check(
      left.every((value) => value === undefined),
      'a key is there after all were removed',
    );
  },

  'of many writers of one key, one wins as a whole': async (backend) => {
    const answers = await Promise.all(
      MANY.map(async (i) => {
        await backend.setWithTtl('key', wholeValue(i), LONG);
        return backend.get('key');
      }),
    );
    for (const answer of answers) {
      check(answer !== undefined, 'the key is absent after it was written');
      checkWhole(answer);
    }
    const last = await backend.get('key');
    check(last !== undefined, 'the key is absent after all have written it');
    checkWhole(last);
  },

  'a key that is written, read and removed at once is whole or absent': async (backend) => {
    const answers = await Promise.all(MANY.map((i) => writeReadOrRemove(backend, i)));
    for (const answer of answers) checkWhole(answer);
    await backend.setWithTtl('key', bytes('last'), LONG);
    checkBytes('the key, written last,', await backend.get('key'), bytes('last'));
  },
};

async function writeReadOrRemove(
  backend: CacheBackend,
  turn: number,
): Promise<Uint8Array | undefined> {
  if (turn % 3 === 0) await backend.setWithTtl('key', wholeValue(turn), LONG);
  if (turn % 3 === 1) await backend.remove('key');
  return turn % 3 === 2 ? backend.get('key') : undefined;
}

function checkWhole(value: Uint8Array | undefined): void {
  if (value === undefined) return;
  checkBytes('a value read while others write', value, wholeValue(value[0] ?? 0));
}
