import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Encryption, isEncrypted, type NamedKey } from '../../lib/core/stored/encryption.js';
import { secretKeyOf } from '../../lib/core/stored/secret-key.js';
import { UndecipherableError } from '../../lib/core/stored/undecipherable-error.js';
import { golden } from '../fixtures/sealed/golden.js';

function newKey(id: string): NamedKey {
  return { id, key: createSecretKey(randomBytes(32)) };
}

const text = Buffer.from('a city on a river');
const [first, second, third] = [newKey('1'), newKey('2'), newKey('3')];
const encryption = new Encryption(first, []);

describe('encryption', () => {
  it.each([text, Buffer.alloc(0), randomBytes(100_000)])('brings bytes back: %#', (bytes) => {
    const stored = encryption.encrypt(bytes, 'name');
    expect(isEncrypted(stored)).toBe(true);
    expect(stored.length).toBe(bytes.length + 33);
    expect(Buffer.from(stored).includes(text)).toBe(false);
    expect(Buffer.from(encryption.decrypt(stored, 'name'))).toEqual(bytes);
  });

  it('never writes the same twice', () => {
    const stored = Array.from({ length: 100 }, () =>
      Buffer.from(encryption.encrypt(text, 'name')).toString('hex'),
    );
    expect(new Set(stored).size).toBe(100);
  });

  it('reads the golden bytes of format 1', () => {
    const { id, key, name, bytes } = golden.encrypted;
    const old = new Encryption({ id, key: createSecretKey(key, 'hex') }, []);
    expect(Buffer.from(old.decrypt(Buffer.from(bytes, 'hex'), name)).toString()).toBe(golden.plain);
  });

  it('begins with magic, format and the id of its key', () => {
    const stored = new Encryption({ ...first, id: '2026-11' }, []).encrypt(text, 'name');
    const header = golden.encrypted.bytes.slice(0, 22);
    expect(Buffer.from(stored).toString('hex').slice(0, 22)).toBe(header);
  });

  it('writes with the first key, and reads with all', () => {
    const rotated = new Encryption(second, [third, first]);
    expect(rotated.decrypt(encryption.encrypt(text, 'name'), 'name')).toEqual(text);
    expect(new Encryption(second, []).decrypt(rotated.encrypt(text, 'name'), 'name')).toEqual(text);
  });

  it.each([
    ['no key of its id', new Encryption(second, [third])],
    ['another key of its id', new Encryption({ ...second, id: first.id }, [])],
  ])('cannot decipher where there is %s', (_, other) => {
    const stored = encryption.encrypt(text, 'name');
    expect(() => other.decrypt(stored, 'name')).toThrow(UndecipherableError);
  });

  it('cannot decipher what was moved to another name', () => {
    const stored = encryption.encrypt(text, 'default::user:1');
    for (const name of ['default::user:2', 'default::user:', '', 'default::user:1 ']) {
      expect(() => encryption.decrypt(stored, name)).toThrow(UndecipherableError);
    }
  });

  it('cannot decipher what names another of its keys than it was written with', () => {
    const rotated = new Encryption(first, [second]);
    const stored = Buffer.from(rotated.encrypt(text, 'name'));
    stored.write('2', 4);
    expect(() => rotated.decrypt(stored, 'name')).toThrow(UndecipherableError);
  });

  it('finds every bit that was turned', () => {
    const stored = Buffer.from(encryption.encrypt(text, 'name'));
    // The first two bytes say that it is encrypted at all.
    for (let bit = 16; bit < stored.length * 8; bit++) {
      const turned = Buffer.from(stored);
      turned[bit >> 3] = (stored[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => encryption.decrypt(turned, 'name')).toThrow(UndecipherableError);
    }
  });

  it('finds that something was cut off or added', () => {
    const stored = encryption.encrypt(text, 'name');
    for (let length = 2; length < stored.length; length++) {
      expect(() => encryption.decrypt(stored.subarray(0, length), 'name')).toThrow(
        UndecipherableError,
      );
    }
    const longer = Buffer.concat([stored, Buffer.alloc(1)]);
    expect(() => encryption.decrypt(longer, 'name')).toThrow(UndecipherableError);
  });

  it('shows no key when it is inspected', () => {
    const secret = randomBytes(32);
    const shown = inspect(new Encryption({ id: '1', key: createSecretKey(secret) }, []), {
      showHidden: true,
      depth: Infinity,
    });
    expect(shown).not.toContain(secret.toString('hex'));
    expect(shown).toBe('Encryption {}');
  });
});

describe('a secret key', () => {
  const bytes = randomBytes(32);
  const forms: readonly (readonly [string, unknown])[] = [
    ['bytes', Uint8Array.from(bytes)],
    ['a Buffer', bytes],
    ['hex', bytes.toString('hex')],
    ['hex in capitals', bytes.toString('hex').toUpperCase()],
    ['base64', bytes.toString('base64')],
    ['base64 without its end', bytes.toString('base64').replace('=', '')],
    ['base64 for URLs', bytes.toString('base64url')],
  ];

  it.each(forms)('is taken as %s', (_, given) => {
    expect(secretKeyOf(given)?.export()).toEqual(bytes);
  });

  const bad: readonly unknown[] = [
    undefined,
    null,
    '',
    5,
    {},
    Array.from(bytes),
    new ArrayBuffer(32),
    randomBytes(31),
    randomBytes(33),
    randomBytes(16).toString('hex'),
    randomBytes(33).toString('base64'),
    `${bytes.toString('hex')}\n`,
    ` ${bytes.toString('base64')}`,
    'correct horse battery staple',
    'g'.repeat(64),
  ];

  it.each(bad)('is not made of anything else: %#', (given) => {
    expect(secretKeyOf(given)).toBeUndefined();
  });

  it('stays what it was when the bytes that it was made of are wiped', () => {
    const given = Uint8Array.from(bytes);
    const key = secretKeyOf(given);
    given.fill(0);
    expect(key?.export()).toEqual(bytes);
  });
});
