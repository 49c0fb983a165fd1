import type { BatchBackend } from '../../contract/capabilities.js';
import { InvalidTtlError } from '../../contract/errors.js';
import { check, checkBytes, checkFailure } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';
import { INVALID_TTLS } from './ttl-checks.js';

export const batchChecks: Checks<BatchBackend> = {
  'getMany answers in the order of the keys, undefined for an absent one': async (backend) => {
    for (const key of ['a', 'b', 'c'])
      await backend.setWithTtl(key, bytes(`value of ${key}`), LONG);
    await checkMany(
      backend,
      ['c', 'absent', 'a', 'b'],
      ['value of c', undefined, 'value of a', 'value of b'],
    );
  },

  'getMany answers a key as often as it is asked for': async (backend) => {
    await backend.setWithTtl('a', bytes('1'), LONG);
    await checkMany(
      backend,
      ['a', 'absent', 'a', 'absent', 'a'],
      ['1', undefined, '1', undefined, '1'],
    );
  },

  'an empty batch is answered by an empty one': async (backend) => {
    check((await backend.getMany([])).length === 0, 'getMany of no keys answers something');
    await backend.setMany([]);
    await backend.removeMany([]);
  },

  'getMany tells an empty value from an absent one, and an expired one from a fresh one': async (
    backend,
    { wait },
  ) => {
    await backend.setWithTtl('empty', new Uint8Array(0), LONG);
    await backend.setWithTtl('expired', bytes('gone'), 50);
    await wait(100);
    await checkMany(backend, ['empty', 'expired', 'absent'], ['', undefined, undefined]);
  },

  'getMany tells no longer ttl than there is': async (backend) => {
    await backend.setWithTtl('key', bytes('value'), LONG);
    const [found] = await backend.getMany(['key']);
    check(found !== undefined, 'the key is absent');
    const { ttl } = found;
    check(ttl === undefined || (ttl > LONG / 2 && ttl <= LONG), `of ${LONG} ms it tells ${ttl} ms`);
  },

  'setMany stores each value with its own ttl': async (backend, { wait }) => {
    await backend.setMany([
      { key: 'short', value: bytes('1'), ttl: 50 },
      { key: 'long', value: bytes('2'), ttl: LONG },
      { key: 'empty', value: new Uint8Array(0), ttl: LONG },
    ]);
    await wait(100);
    await checkMany(backend, ['short', 'long', 'empty'], [undefined, '2', '']);
  },

  'setMany replaces values and ttls': async (backend, { wait }) => {
    await backend.setWithTtl('longer', bytes('first'), 50);
    await backend.setWithTtl('shorter', bytes('first'), LONG);
    await backend.setMany([
      { key: 'longer', value: bytes('second'), ttl: LONG },
      { key: 'shorter', value: bytes('second'), ttl: 50 },
    ]);
    await wait(100);
    await checkMany(backend, ['longer', 'shorter'], ['second', undefined]);
  },

  'setMany with an invalid ttl throws InvalidTtlError': async (backend) => {
    for (const ttl of INVALID_TTLS) {
      await checkFailure(
        `setMany with a ttl of ${ttl}`,
        () => backend.setMany([{ key: 'key', value: bytes('value'), ttl }]),
        InvalidTtlError,
      );
    }
    checkBytes('the key', await backend.get('key'), undefined);
  },

  'removeMany removes these keys, absent ones among them, and leaves the others': async (
    backend,
  ) => {
    for (const key of ['a', 'b', 'c']) await backend.setWithTtl(key, bytes(key), LONG);
    await backend.removeMany(['a', 'absent', 'c', 'a']);
    await checkMany(backend, ['a', 'b', 'c'], [undefined, 'b', undefined]);
  },

  'a batch takes 1,000 keys, and unusual ones': async (backend) => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index} *?[]\\{} ключ 😀`);
    await backend.setMany(keys.map((key) => ({ key, value: bytes(key), ttl: LONG })));
    await checkMany(backend, keys, keys);
    await backend.removeMany(keys);
    await checkMany(
      backend,
      keys,
      keys.map(() => undefined),
    );
  },
};

async function checkMany(
  backend: BatchBackend,
  keys: readonly string[],
  expected: readonly (string | undefined)[],
): Promise<void> {
  const found = await backend.getMany(keys);
  check(
    found.length === keys.length,
    `getMany of ${keys.length} keys gives ${found.length} answers`,
  );
  for (const [index, text] of expected.entries()) {
    const value = text === undefined ? undefined : bytes(text);
    checkBytes(`answer ${index} of getMany`, found[index]?.value, value);
  }
}
