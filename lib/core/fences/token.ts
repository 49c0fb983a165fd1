import { randomBytes } from 'node:crypto';
import { TOKEN_LENGTH } from '../../contract/capabilities.js';

/** A token that nobody else has: 96 random bits as text. */
export function newToken(): string {
  return randomBytes((TOKEN_LENGTH * 3) / 4).toString('base64url');
}
