import { check, checkBytes } from '../conformance-case.js';
import { bytes, checkHealth, LONG, type Checks } from './check.js';

const MEGABYTE = 1_048_576;

export const valueChecks: Checks = {
  'name is a text, and stays the same': (backend) => {
    const { name } = backend;
    check(typeof name === 'string' && name !== '', 'name is not a non-empty string');
    check(backend.name === name, 'name has changed');
  },

  'healthCheck answers true while the store answers': (backend) => checkHealth(backend, true),

  'an absent key is undefined': async (backend) => {
    await backend.setWithTtl('present', bytes('x'), LONG);
    checkBytes('an absent key', await backend.get('absent'), undefined);
  },

  'a value comes back as it was stored': async (backend) => {
    await backend.setWithTtl('key', bytes('value'), LONG);
    checkBytes('the value', await backend.get('key'), bytes('value'));
    checkBytes('the value, asked for again,', await backend.get('key'), bytes('value'));
  },

  'an empty value is a hit': async (backend) => {
    await backend.setWithTtl('key', new Uint8Array(0), LONG);
    checkBytes('the empty value', await backend.get('key'), new Uint8Array(0));
  },

  'every byte comes back, whatever its value': async (backend) => {
    const value = Uint8Array.from({ length: 256 }, (_, index) => index);
    await backend.setWithTtl('key', value, LONG);
    checkBytes('the value', await backend.get('key'), value);
  },

  'a value of 1 MB comes back': async (backend) => {
    const value = Uint8Array.from(
      { length: MEGABYTE },
      (_, index) => (index * 31 + (index >> 8)) % 251,
    );
    await backend.setWithTtl('key', value, LONG);
    checkBytes('the value', await backend.get('key'), value);
  },

  'of a view on a buffer, the view alone is stored': async (backend) => {
    const whole = Buffer.from('before|value|after');
    await backend.setWithTtl('key', whole.subarray(7, 12), LONG);
    checkBytes('the value', await backend.get('key'), bytes('value'));
  },

  'a caller who changes the bytes it gave or got does not change what is stored': async (
    backend,
  ) => {
    const given = Buffer.from('value');
    await backend.setWithTtl('key', given, LONG);
    given.fill(0);
    const got = await backend.get('key');
    checkBytes('the value, after the given bytes changed,', got, bytes('value'));
    got?.fill(0);
    checkBytes('the value, after the bytes got changed,', await backend.get('key'), bytes('value'));
  },

  'storing again replaces the value': async (backend) => {
    await backend.setWithTtl('key', bytes('a longer first value'), LONG);
    await backend.setWithTtl('key', bytes('second'), LONG);
    checkBytes('the value', await backend.get('key'), bytes('second'));
  },

  'a removed key is absent, and can be stored again': async (backend) => {
    await backend.setWithTtl('key', bytes('first'), LONG);
    await backend.remove('key');
    checkBytes('the removed key', await backend.get('key'), undefined);
    await backend.setWithTtl('key', bytes('second'), LONG);
    checkBytes('the key that was stored again', await backend.get('key'), bytes('second'));
  },

  'removing a key leaves the others': async (backend) => {
    await backend.setWithTtl('key', bytes('gone'), LONG);
    await backend.setWithTtl('key:2', bytes('here'), LONG);
    await backend.remove('key');
    checkBytes('the other key', await backend.get('key:2'), bytes('here'));
  },

  'removing an absent key is not an error': async (backend) => {
    await backend.remove('absent');
    await backend.remove('absent');
    checkBytes('the key', await backend.get('absent'), undefined);
  },
};
