import zlib from 'node:zlib';
import { UndecodableError } from '../../contract/errors.js';
import type { CompressionAlgorithm } from '../../contract/sealing-options.js';

/** How bytes are compressed, with everything decided. */
export interface CompressionSettings {
  readonly algorithm: CompressionAlgorithm;
  readonly minBytes: number;
  readonly level: number;
}

/** One way to compress. */
interface Algorithm {
  /** What it is called in stored bytes. */
  readonly id: number;
  compress(bytes: Uint8Array, level: number): Buffer;
  /** @throws where there is more than `maxOutputLength` */
  decompress(bytes: Uint8Array, limit: { readonly maxOutputLength: number }): Buffer;
}

/*
 * The layout of format 1; numbers are unsigned, the highest byte first.
 *
 *    0  2  the magic 'CZ'
 *    2  1  the version of the format
 *    3  1  the algorithm: 1 gzip, 2 brotli, 3 zstd
 *    4  4  how many bytes were compressed
 *    8     what they became
 */
const MAGIC = 0x435a;
const VERSION = 1;
const HEADER = 8;

/**
 * The most bytes that are compressed, and that are made of compressed ones: a store that was tampered with cannot
 * have this process fill its memory.
 */
export const MAX_COMPRESSED = 64 * 1024 * 1024;

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;

const gzip: Algorithm = {
  id: 1,
  compress: (bytes, level) => zlib.gzipSync(bytes, { level }),
  decompress: (bytes, limit) => zlib.gunzipSync(bytes, limit),
};

const brotli: Algorithm = {
  id: 2,
  compress: (bytes, level) =>
    zlib.brotliCompressSync(bytes, {
      params: { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  decompress: (bytes, limit) => zlib.brotliDecompressSync(bytes, limit),
};

/** What this Node has. */
const ALGORITHMS: Readonly<Record<CompressionAlgorithm, Algorithm | undefined>> = {
  gzip,
  brotli,
  zstd: zstdOf(zlib),
};

/** Whether this Node can compress in that way. */
export function hasAlgorithm(name: CompressionAlgorithm): boolean {
  return ALGORITHMS[name] !== undefined;
}

/** The bytes compressed, or as they are where that makes them no smaller. */
export function compress(
  bytes: Uint8Array,
  { algorithm, minBytes, level }: CompressionSettings,
): Uint8Array {
  const chosen = ALGORITHMS[algorithm];
  if (chosen === undefined || bytes.length < minBytes || bytes.length > MAX_COMPRESSED) {
    return bytes;
  }
  const compressed = chosen.compress(bytes, level);
  if (HEADER + compressed.length >= bytes.length) return bytes;
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt16BE(MAGIC, 0);
  header[2] = VERSION;
  header[3] = chosen.id;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, compressed]);
}

/**
 * What `compress` was given.
 *
 * @throws UndecodableError when the bytes are not what it makes, or this Node does not have the algorithm
 */
export function decompress(stored: Uint8Array): Uint8Array {
  if (stored[0] !== MAGIC >> 8 || stored[1] !== (MAGIC & 0xff)) return stored;
  const buffer = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (buffer.length < HEADER) throw undecodable(`${buffer.length} bytes are too few`);
  const version = buffer.readUInt8(2);
  if (version !== VERSION) throw undecodable(`its format is ${version}, not ${VERSION}`);
  const id = buffer.readUInt8(3);
  const algorithm = Object.values(ALGORITHMS).find((each) => each?.id === id);
  if (algorithm === undefined) throw undecodable(`this Node does not have its algorithm, ${id}`);
  const length = buffer.readUInt32BE(4);
  if (length === 0 || length > MAX_COMPRESSED) throw undecodable(`it says to hold ${length} bytes`);
  const bytes = inflate(algorithm, buffer.subarray(HEADER), length);
  if (bytes.length !== length) {
    throw undecodable(`it holds ${bytes.length} bytes, and says to hold ${length}`);
  }
  return bytes;
}

function inflate(algorithm: Algorithm, compressed: Uint8Array, length: number): Buffer {
  try {
    return algorithm.decompress(compressed, { maxOutputLength: length });
  } catch (error) {
    throw new UndecodableError('What is stored cannot be decompressed', { cause: error });
  }
}

function undecodable(problem: string): UndecodableError {
  return new UndecodableError(`What is stored compressed cannot be read: ${problem}`);
}

/** The two functions that older versions of Node lack, and its types with them. */
interface Zstd {
  zstdCompressSync(bytes: Uint8Array, options: object): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options: object): Buffer;
}

function zstdOf(library: object): Algorithm | undefined {
  if (!hasZstd(library)) return undefined;
  const levelParameter = Number(Reflect.get(zlib.constants, 'ZSTD_c_compressionLevel'));
  return {
    id: 3,
    compress: (bytes, level) =>
      library.zstdCompressSync(bytes, { params: { [levelParameter]: level } }),
    decompress: (bytes, limit) => library.zstdDecompressSync(bytes, limit),
  };
}

function hasZstd(library: object): library is Zstd {
  return ['zstdCompressSync', 'zstdDecompressSync'].every(
    (name) => typeof Reflect.get(library, name) === 'function',
  );
}
