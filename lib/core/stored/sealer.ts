import { UndecodableError } from '../../contract/errors.js';
import { compress, decompress, type CompressionSettings } from './compression.js';
import { isEncrypted, type Encryption } from './encryption.js';
import { UndecipherableError } from './undecipherable-error.js';

/** How a tier stores its envelopes. */
export interface SealerSettings {
  /** The most bytes that are stored under one key. */
  readonly maxEntryBytes: number;
  readonly compression: CompressionSettings | undefined;
  readonly encryption: Encryption | undefined;
}

/** Makes of an envelope what is stored: compressed, then encrypted, as the tier's policy says. */
export class Sealer {
  constructor(private readonly settings: SealerSettings) {}

  /**
   * What is to be stored; `undefined` where it is too large for the tier.
   *
   * @param name under which it will be stored
   */
  seal(envelope: Uint8Array, name: string): Uint8Array | undefined {
    const { maxEntryBytes, compression, encryption } = this.settings;
    const compressed = compression === undefined ? envelope : compress(envelope, compression);
    // What is too large as it is does not become smaller by being encrypted.
    if (compressed.length > maxEntryBytes) return undefined;
    const sealed = encryption === undefined ? compressed : encryption.encrypt(compressed, name);
    return sealed.length > maxEntryBytes ? undefined : sealed;
  }

  /**
   * The envelope, however it was compressed.
   *
   * @param name under which it was stored
   * @throws UndecipherableError where the key to it is not there
   * @throws UndecodableError where it is not what this makes
   */
  open(stored: Uint8Array, name: string): Uint8Array {
    return decompress(this.#decrypt(stored, name));
  }

  #decrypt(stored: Uint8Array, name: string): Uint8Array {
    const { encryption } = this.settings;
    if (isEncrypted(stored)) {
      if (encryption === undefined) throw new UndecipherableError();
      return encryption.decrypt(stored, name);
    }
    if (encryption === undefined) return stored;
    // Whoever can write to the store could have put it there.
    throw new UndecodableError('What is stored is not encrypted, and is not trusted');
  }
}
