/** How values are compressed: `zstd` is in Node from 22.15 and 23.8 on. */
export type CompressionAlgorithm = 'gzip' | 'brotli' | 'zstd';

/**
 * How a tier compresses what it stores. What is stored already is read whatever is chosen here, as long as this
 * Node has the algorithm.
 *
 * @publicApi
 */
export interface CompressionOptions {
  /** Default: `gzip`. */
  readonly algorithm?: CompressionAlgorithm;
  /** What has fewer bytes is stored as it is. Default: 1024. */
  readonly minBytes?: number;
  /**
   * How much effort is made: 1 to 9 for gzip (default 6), 0 to 11 for brotli (default 4), 1 to 22 for zstd (default
   * 3). Compressing blocks the event loop.
   */
  readonly level?: number;
}

/**
 * A key for the encryption of what a tier stores.
 *
 * @publicApi
 */
export interface EncryptionKey {
  /** Stored with each value, to find the key by: 1 to 32 of the characters A-Z, a-z, 0-9, '_', '.', '-'. No secret. */
  readonly id: string;
  /** 32 random bytes: as they are, in base64 or in hex. */
  readonly key: Uint8Array | string;
}

/**
 * How a tier encrypts what it stores: by AES-256-GCM.
 *
 * @publicApi
 */
export interface EncryptionOptions {
  /** The first encrypts; all of them decrypt. So keys are changed without losing what is stored. */
  readonly keys: readonly EncryptionKey[];
}
