import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { UndecodableError } from '../../lib/contract/errors.js';
import type { CompressionAlgorithm } from '../../lib/contract/sealing-options.js';
import {
  compress,
  decompress,
  hasAlgorithm,
  MAX_COMPRESSED,
} from '../../lib/core/stored/compression.js';
import { golden } from '../fixtures/sealed/golden.js';

const ALL: readonly CompressionAlgorithm[] = ['gzip', 'brotli', 'zstd'];
const here = ALL.filter(hasAlgorithm);
const LEVELS = { gzip: [1, 6, 9], brotli: [0, 4, 11], zstd: [1, 3, 22] } as const;

const text = Buffer.from('a city on a river, '.repeat(200));

function settings(algorithm: CompressionAlgorithm, level: number = LEVELS[algorithm][1]) {
  return { algorithm, level, minBytes: 100 };
}

/** A compressed entry, with some of its bytes replaced. */
function changed(stored: Uint8Array, at: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(stored);
  copy.set(bytes, at);
  return copy;
}

describe.each(here)('compression by %s', (algorithm) => {
  it.each(LEVELS[algorithm])('makes text smaller and brings it back, at level %d', (level) => {
    const stored = compress(text, settings(algorithm, level));
    expect(stored.length).toBeLessThan(text.length / 5);
    expect(decompress(stored)).toEqual(text);
  });

  it('begins with what tells it from an envelope: magic, format, algorithm and length', () => {
    const header = Buffer.from(compress(text, settings(algorithm)).subarray(0, 8));
    const id = { gzip: 1, brotli: 2, zstd: 3 }[algorithm];
    expect(header.toString('hex')).toBe(`435a010${id}00000ed8`);
  });

  it('reads the golden bytes of format 1', () => {
    const bytes = decompress(Buffer.from(golden.compressed[algorithm], 'hex'));
    expect(Buffer.from(bytes).toString()).toBe(golden.plain);
  });

  it('leaves what it would not make smaller as it is', () => {
    const noise = randomBytes(5000);
    expect(compress(noise, settings(algorithm))).toBe(noise);
  });

  it('reads bytes that lie in the middle of others', () => {
    const stored = compress(text, settings(algorithm));
    const among = Buffer.concat([Buffer.alloc(3), stored, Buffer.alloc(5)]);
    expect(decompress(among.subarray(3, 3 + stored.length))).toEqual(text);
  });

  it.each([
    ['fewer', text.length - 1],
    ['more', text.length + 1],
    ['no', 0],
    ['more than are ever compressed', MAX_COMPRESSED + 1],
  ])('refuses bytes that say to hold %s bytes than they do', (_, length) => {
    const lie = Buffer.from(compress(text, settings(algorithm)));
    lie.writeUInt32BE(length, 4);
    expect(() => decompress(lie)).toThrow(UndecodableError);
  });

  it('stops inflating where the bytes go on beyond what they say', () => {
    const bomb = Buffer.from(
      compress(Buffer.alloc(32 * 1024 * 1024), settings(algorithm, LEVELS[algorithm][0])),
    );
    expect(bomb.length).toBeLessThan(200_000);
    bomb.writeUInt32BE(1000, 4);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decompress(bomb)).toThrow(UndecodableError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  });

  it('refuses bytes that were cut off anywhere', () => {
    const stored = compress(text, settings(algorithm));
    for (let length = 2; length < stored.length; length++) {
      expect(() => decompress(stored.subarray(0, length))).toThrow(UndecodableError);
    }
  });
});

describe('compression', () => {
  it('leaves what is smaller than its least size as it is', () => {
    const small = text.subarray(0, 99);
    expect(compress(small, settings('gzip'))).toBe(small);
    expect(compress(text.subarray(0, 100), settings('gzip')).length).toBeLessThan(100);
  });

  it('leaves what is larger than anything it would read as it is', () => {
    const large = Buffer.alloc(MAX_COMPRESSED + 1);
    expect(compress(large, settings('gzip', 1))).toBe(large);
  });

  it('passes what is not compressed on', () => {
    for (const bytes of [text, Buffer.alloc(0), Buffer.from('C'), Buffer.from('CT\x01')]) {
      expect(decompress(bytes)).toBe(bytes);
    }
  });

  it.each([
    ['a later format', changed(compress(text, settings('gzip')), 2, 2)],
    ['an algorithm that nobody knows', changed(compress(text, settings('gzip')), 3, 99)],
    ['another algorithm than it says', changed(compress(text, settings('gzip')), 3, 2)],
    ['a header that is cut off', Buffer.from('CZ\x01\x01')],
  ])('refuses %s', (_, stored) => {
    expect(() => decompress(stored)).toThrow(UndecodableError);
  });

  it('has zstd where this Node has it, and refuses its bytes where not', () => {
    const native = 'zstdCompressSync' in zlib;
    expect(hasAlgorithm('zstd')).toBe(native);
    expect(readZstd()).toMatch(native ? golden.plain : /this Node does not have its algorithm, 3/);
  });
});

/** The golden bytes of zstd, read; or what was said instead. */
function readZstd(): string {
  try {
    return Buffer.from(decompress(Buffer.from(golden.compressed.zstd, 'hex'))).toString();
  } catch (error) {
    return String(error);
  }
}
