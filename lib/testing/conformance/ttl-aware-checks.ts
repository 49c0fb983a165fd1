import type { TtlAwareBackend } from '../../contract/capabilities.js';
import { check, checkBytes } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';

export const ttlAwareChecks: Checks<TtlAwareBackend> = {
  'getWithTtl finds what get finds': async (backend, { wait }) => {
    await backend.setWithTtl('key', bytes('value'), LONG);
    await backend.setWithTtl('empty', new Uint8Array(0), LONG);
    await backend.setWithTtl('expired', bytes('value'), 50);
    await wait(100);
    checkBytes('the value', (await backend.getWithTtl('key'))?.value, bytes('value'));
    checkBytes('the empty value', (await backend.getWithTtl('empty'))?.value, new Uint8Array(0));
    check((await backend.getWithTtl('expired')) === undefined, 'an expired key is not undefined');
    check((await backend.getWithTtl('absent')) === undefined, 'an absent key is not undefined');
  },

  'a value with 400 ms left is told to have that: not none, and not 5 minutes': async (
    backend,
    { clock },
  ) => {
    // Where time is real and the machine is busy, 400 ms may pass before the answer: then once more.
    for (let attempts = 1; ; attempts++) {
      const began = clock.now();
      await backend.setWithTtl('key', bytes('value'), 400);
      const ttl = await remaining(backend, 'key');
      if (ttl === undefined && clock.now() - began >= 400 && attempts < 5) continue;
      check(ttl !== undefined, 'the value is absent');
      check(ttl > 0 && ttl <= 400, `it is told to have ${ttl} ms left`);
      return;
    }
  },

  'the remaining ttl counts down': async (backend, { wait }) => {
    await backend.setWithTtl('key', bytes('value'), LONG);
    await wait(200);
    const ttl = await remaining(backend, 'key');
    // Timers may be early by a little.
    check(
      ttl !== undefined && ttl <= LONG - 190,
      `of ${LONG} ms, after 200 ms, it tells ${ttl} ms`,
    );
    check(ttl > LONG / 2, `of ${LONG} ms, after 200 ms, it tells ${ttl} ms`);
  },

  'the remaining ttl is that of the last store': async (backend) => {
    await backend.setWithTtl('key', bytes('first'), 500_000);
    await backend.setWithTtl('key', bytes('second'), LONG);
    const shorter = await remaining(backend, 'key');
    check(
      shorter !== undefined && shorter <= LONG,
      `a shorter ttl of ${LONG} ms is told as ${shorter} ms`,
    );
    await backend.setWithTtl('key', bytes('third'), 500_000);
    const longer = await remaining(backend, 'key');
    check(
      longer !== undefined && longer > LONG,
      `a longer ttl of 500000 ms is told as ${longer} ms`,
    );
  },
};

async function remaining(backend: TtlAwareBackend, key: string): Promise<number | undefined> {
  const found = await backend.getWithTtl(key);
  check(
    found === undefined || typeof found.ttl === 'number',
    'a backend that is able to tell the remaining ttl does not tell it',
  );
  return found?.ttl;
}
