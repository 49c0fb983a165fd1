import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { UndecodableError } from '../../lib/contract/errors.js';
import type { CompressionSettings } from '../../lib/core/stored/compression.js';
import { Encryption } from '../../lib/core/stored/encryption.js';
import { Sealer, type SealerSettings } from '../../lib/core/stored/sealer.js';
import { UndecipherableError } from '../../lib/core/stored/undecipherable-error.js';

const encryption = new Encryption({ id: '1', key: createSecretKey(randomBytes(32)) }, []);
const other = new Encryption({ id: '2', key: createSecretKey(randomBytes(32)) }, []);
const gzip: CompressionSettings = { algorithm: 'gzip', minBytes: 0, level: 6 };
const brotli: CompressionSettings = { algorithm: 'brotli', minBytes: 0, level: 4 };

function sealer(settings: Partial<SealerSettings> = {}): Sealer {
  return new Sealer({
    maxEntryBytes: 1000,
    compression: undefined,
    encryption: undefined,
    ...settings,
  });
}

const envelope = Buffer.from(`CT${'a city on a river, '.repeat(40)}`);

/** The beginning of what is stored. */
function magic(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('latin1', 0, 2);
}

const kinds = [
  ['as it is', {}, 'CT'],
  ['compressed', { compression: gzip }, 'CZ'],
  ['encrypted', { encryption }, 'CE'],
  ['compressed and encrypted', { compression: brotli, encryption }, 'CE'],
] as const;

describe.each(kinds)('an envelope that is stored %s', (_, settings, begins) => {
  it('is told by its first two bytes', () => {
    expect(magic(sealer(settings).seal(envelope, 'name'))).toBe(begins);
  });

  it('comes back as it was, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900 }), fc.string(), (payload, name) => {
        const bytes = Buffer.concat([Buffer.from('CT'), payload]);
        const stored = sealer(settings).seal(bytes, name);
        expect(Buffer.from(sealer(settings).open(stored ?? bytes, name))).toEqual(bytes);
      }),
    );
  });

  it('is at worst an UndecodableError after bits were turned and bytes cut off', () => {
    const stored = Buffer.from(sealer(settings).seal(envelope, 'name') ?? []);
    const damage = fc.record({
      length: fc.nat(stored.length),
      turned: fc.array(fc.nat(stored.length * 8 - 1), { maxLength: 3 }),
    });
    // Only encryption promises that what is opened is what was sealed.
    const isGood = (opened: unknown): boolean =>
      opened instanceof UndecodableError ||
      (opened instanceof Uint8Array && (!('encryption' in settings) || envelope.equals(opened)));
    fc.assert(
      fc.property(damage, ({ length, turned }) => {
        const damaged = Buffer.from(stored);
        for (const bit of turned) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const opened = outcome(() => sealer(settings).open(damaged.subarray(0, length), 'name'));
        expect(isGood(opened)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is at worst an UndecodableError where any bytes stand after its first two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const opened = outcome(() =>
          sealer(settings).open(Buffer.concat([Buffer.from(begins), bytes]), 'name'),
        );
        expect(opened instanceof UndecodableError || opened instanceof Uint8Array).toBe(true);
      }),
    );
  });
});

describe('sealing', () => {
  it('compresses before it encrypts: ciphertext does not become smaller', () => {
    const stored = sealer({ compression: gzip, encryption }).seal(envelope, 'name');
    expect(stored?.length).toBeLessThan(envelope.length / 4);
    expect(magic(encryption.decrypt(stored ?? envelope, 'name'))).toBe('CZ');
  });

  it('counts bytes as they are stored', () => {
    const maxEntryBytes = 200;
    expect(sealer({ maxEntryBytes }).seal(envelope, 'name')).toBeUndefined();
    expect(sealer({ maxEntryBytes, compression: gzip }).seal(envelope, 'name')).toBeDefined();
    expect(sealer({ maxEntryBytes }).seal(Buffer.alloc(200), 'name')).toHaveLength(200);
    expect(sealer({ maxEntryBytes }).seal(Buffer.alloc(201), 'name')).toBeUndefined();
    const overhead = 33;
    for (const [size, fits] of [
      [200 - overhead, true],
      [201 - overhead, false],
    ] as const) {
      const stored = sealer({ maxEntryBytes, encryption }).seal(Buffer.alloc(size), 'name');
      expect(stored !== undefined).toBe(fits);
    }
  });

  it('reads what was stored with other compression, or with none', () => {
    const settings = [{}, { compression: gzip }, { compression: brotli }];
    for (const writer of settings) {
      for (const reader of settings) {
        const stored = sealer(writer).seal(envelope, 'name') ?? Buffer.alloc(0);
        expect(Buffer.from(sealer(reader).open(stored, 'name'))).toEqual(envelope);
      }
    }
  });

  it('does not trust what is not encrypted where encryption is on', () => {
    for (const writer of [sealer(), sealer({ compression: gzip })]) {
      const stored = writer.seal(envelope, 'name') ?? Buffer.alloc(0);
      const open = (): unknown => sealer({ encryption }).open(stored, 'name');
      expect(open).toThrow(UndecodableError);
      expect(open).not.toThrow(UndecipherableError);
    }
  });

  it('cannot decipher what is encrypted where encryption is off, or with other keys', () => {
    const stored = sealer({ encryption }).seal(envelope, 'name') ?? Buffer.alloc(0);
    for (const reader of [sealer(), sealer({ encryption: other })]) {
      expect(() => reader.open(stored, 'name')).toThrow(UndecipherableError);
    }
  });

  it('does not open twice what was wrapped twice', () => {
    const once = sealer({ compression: gzip }).seal(Buffer.alloc(900), 'name') ?? envelope;
    const twice = sealer({ compression: gzip }).seal(
      Buffer.concat([once, Buffer.alloc(900)]),
      'name',
    );
    expect(magic(sealer().open(twice ?? envelope, 'name'))).toBe('CZ');
  });
});

/** What it answers, or throws. */
function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
