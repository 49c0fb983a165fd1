import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const BYTES = 4;

/**
 * The store behind the caches: a version per key. It is a file that all processes have open, so that a loader
 * reads what is committed at that very moment, without asking anybody.
 */
export class Origin {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(BYTES);

  private constructor(file: number) {
    this.#file = file;
  }

  static create(path: string, keys: number): Origin {
    const origin = new Origin(openSync(path, 'w+'));
    for (let key = 0; key < keys; key++) origin.commit(key, 1);
    return origin;
  }

  static open(path: string): Origin {
    return new Origin(openSync(path, 'r'));
  }

  read(key: number): number {
    readSync(this.#file, this.#buffer, 0, BYTES, key * BYTES);
    return this.#buffer.readUInt32LE();
  }

  commit(key: number, version: number): void {
    this.#buffer.writeUInt32LE(version);
    writeSync(this.#file, this.#buffer, 0, BYTES, key * BYTES);
  }

  close(): void {
    closeSync(this.#file);
  }
}
