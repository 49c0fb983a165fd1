import type { EntryStore } from '../../contract/capabilities.js';
import type { Clock } from '../../contract/clock.js';
import type { Entry } from '../../contract/entry.js';
import { check, checkBytes } from '../conformance-case.js';
import { bytes, LONG, type Checks } from './check.js';

export const entryChecks: Checks<EntryStore> = {
  'an entry comes back by reference, at once': (backend, { clock }) => {
    const entry = entryOf(clock, { some: 'value' });
    backend.setEntry('key', entry);
    check(backend.getEntry('key') === entry, 'getEntry does not answer the entry that was given');
    check(backend.getEntry('absent') === undefined, 'an absent key is not undefined');
  },

  'an entry of undefined is a hit': (backend, { clock }) => {
    backend.setEntry('key', entryOf(clock, undefined));
    check(backend.getEntry('key') !== undefined, 'the entry is absent');
  },

  'an entry is gone when its time has come, and not before': async (backend, { clock, wait }) => {
    backend.setEntry('short', entryOf(clock, 1, 50));
    backend.setEntry('long', entryOf(clock, 2));
    await wait(100);
    check(backend.getEntry('short') === undefined, 'an entry of 50 ms is there after 100 ms');
    check(backend.getEntry('long') !== undefined, 'an entry of a minute is gone after 100 ms');
  },

  'an entry whose time is over when it is given replaces what was there by nothing': (
    backend,
    { clock },
  ) => {
    backend.setEntry('key', entryOf(clock, 'old'));
    backend.setEntry('key', entryOf(clock, 'new', 0));
    check(backend.getEntry('key') === undefined, 'the key is not absent');
  },

  'storing again replaces the entry and its time': async (backend, { clock, wait }) => {
    backend.setEntry('key', entryOf(clock, 1, 50));
    const second = entryOf(clock, 2);
    backend.setEntry('key', second);
    await wait(100);
    check(backend.getEntry('key') === second, 'the second entry is not there');
  },

  'bytes and entries share their slots, and are not taken for each other': async (
    backend,
    { clock },
  ) => {
    backend.setEntry('key', entryOf(clock, 'entry'));
    checkBytes('get of an entry', await backend.get('key'), undefined);
    await backend.setWithTtl('key', bytes('value'), LONG);
    check(backend.getEntry('key') === undefined, 'getEntry of bytes is not undefined');
    checkBytes('the value', await backend.get('key'), bytes('value'));
    backend.setEntry('key', entryOf(clock, 'entry'));
    checkBytes('get of an entry that replaced bytes', await backend.get('key'), undefined);
    check(backend.size === 1, `one key takes ${backend.size} slots`);
  },

  'entries are removed by key, by pattern, by predicate and all at once': (backend, { clock }) => {
    const keys = ['a:1', 'a:2', 'b:1', 'b:2', 'c:1'];
    for (const key of keys) backend.setEntry(key, entryOf(clock, key));
    check(backend.size === keys.length, `size is ${backend.size} with ${keys.length} entries`);
    backend.remove('a:1');
    backend.remove('absent');
    checkHeld(backend, keys, ['a:2', 'b:1', 'b:2', 'c:1']);
    backend.removePattern('a:*');
    checkHeld(backend, keys, ['b:1', 'b:2', 'c:1']);
    backend.removeWhere((key) => key.endsWith(':1'));
    checkHeld(backend, keys, ['b:2']);
    backend.clear();
    checkHeld(backend, keys, []);
  },
};

function checkHeld(
  backend: EntryStore,
  keys: readonly string[],
  expected: readonly string[],
): void {
  const held = keys.filter((key) => backend.getEntry(key) !== undefined);
  check(
    held.join() === expected.join(),
    `it holds ${held.join() || 'nothing'}, not ${expected.join()}`,
  );
  check(backend.size === expected.length, `size is ${backend.size}, not ${expected.length}`);
}

function entryOf(clock: Clock, value: unknown, ttl = LONG): Entry {
  return {
    value,
    ttl,
    staleFor: 0,
    early: 0,
    freshUntil: clock.now() + ttl,
    expiresAt: clock.now() + ttl,
    promise: undefined,
    stamp: undefined,
    tags: undefined,
    validators: undefined,
    provenAt: 0,
    judged: 0,
  };
}
