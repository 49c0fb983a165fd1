import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { UndecipherableError } from './undecipherable-error.js';

/** A secret key, and what stored bytes call it. */
export interface NamedKey {
  /** At most 32 characters of ASCII. */
  readonly id: string;
  readonly key: KeyObject;
}

/*
 * The layout of format 1.
 *
 *    0   2  the magic 'CE'
 *    2   1  the version of the format
 *    3   1  the length of the key's id
 *    4      the key's id, in ASCII
 *       12  the nonce, at random
 *       16  the tag
 *           the ciphertext
 *
 * AES-256-GCM; all before the nonce is its additional data. Its key is the HMAC-SHA-256, under the secret key, of
 * `PURPOSE` and the name under which the value is stored. So what was moved to another name cannot be deciphered,
 * and random nonces do not wear out: what limits them is how often one name is written, not all together.
 */
const MAGIC = 0x4345;
const VERSION = 1;
const START = 4;
const NONCE = 12;
const TAG = 16;
const CIPHER = 'aes-256-gcm';
const PURPOSE = 'nestjs-cache-tier:envelope:1:';

/** Whether bytes are of this format, or of a later one. */
export function isEncrypted(stored: Uint8Array): boolean {
  return stored[0] === MAGIC >> 8 && stored[1] === (MAGIC & 0xff);
}

/** Encrypts with the first of its keys, and decrypts with all. */
export class Encryption {
  // Nothing here is shown by `util.inspect`.
  readonly #first: KeyObject;
  readonly #header: Buffer;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(first: NamedKey, others: readonly NamedKey[]) {
    this.#first = first.key;
    this.#header = Buffer.from(`\0\0\0\0${first.id}`, 'latin1');
    this.#header.writeUInt16BE(MAGIC, 0);
    this.#header[2] = VERSION;
    this.#header[3] = first.id.length;
    this.#keys = new Map([first, ...others].map(({ id, key }) => [id, key]));
  }

  /** @param name under which the bytes will be stored */
  encrypt(bytes: Uint8Array, name: string): Uint8Array {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, keyFor(name, this.#first), nonce, { authTagLength: TAG });
    cipher.setAAD(this.#header);
    const ciphertext = cipher.update(bytes);
    // GCM holds nothing back: this only makes the tag.
    cipher.final();
    return Buffer.concat([this.#header, nonce, cipher.getAuthTag(), ciphertext]);
  }

  /**
   * @param name under which the bytes were stored
   * @throws UndecipherableError
   */
  decrypt(stored: Uint8Array, name: string): Uint8Array {
    const buffer = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const nonceAt = START + (buffer[3] ?? 0);
    const tagAt = nonceAt + NONCE;
    const textAt = tagAt + TAG;
    const secret = this.#keys.get(buffer.toString('latin1', START, nonceAt));
    if (buffer[2] !== VERSION || buffer.length < textAt || secret === undefined) {
      throw new UndecipherableError();
    }
    const nonce = buffer.subarray(nonceAt, tagAt);
    const decipher = createDecipheriv(CIPHER, keyFor(name, secret), nonce, { authTagLength: TAG });
    decipher.setAAD(buffer.subarray(0, nonceAt));
    decipher.setAuthTag(buffer.subarray(tagAt, textAt));
    const bytes = decipher.update(buffer.subarray(textAt));
    try {
      decipher.final();
    } catch {
      throw new UndecipherableError();
    }
    return bytes;
  }
}

function keyFor(name: string, secret: KeyObject): Buffer {
  return createHmac('sha256', secret).update(PURPOSE).update(name).digest();
}
