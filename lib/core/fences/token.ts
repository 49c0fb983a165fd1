import { randomBytes } from 'node:crypto';
import { TOKEN_LENGTH } from '../../contract/capabilities.js';

const BYTES = (TOKEN_LENGTH * 3) / 4;

/** To ask for random bytes takes longer than all else that a lease costs here: they are asked for in stock. */
const STOCK = 256 * BYTES;

let stock = Buffer.alloc(0);
let used = 0;

/** A token that nobody else has: 96 random bits as text. */
export function newToken(): string {
  if (used === stock.length) {
    stock = randomBytes(STOCK);
    used = 0;
  }
  const from = used;
  used += BYTES;
  return stock.toString('base64url', from, used);
}
