import { UndecodableError } from '../../contract/errors.js';

/** Stored bytes are encrypted, and none of the tier's keys fits them. Another instance may have the key. */
export class UndecipherableError extends UndecodableError {
  constructor() {
    super('What is stored is encrypted, and none of the keys fits it');
  }
}
