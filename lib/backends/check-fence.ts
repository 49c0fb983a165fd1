import { checkWholeNumber } from '../contract/check-options.js';
import { TOKEN_LENGTH } from '../contract/capabilities.js';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';

const PRINTABLE = /^[!-~]*$/;

/** @throws InvalidOptionError unless `token` can name a fill: as many bytes as characters, in all stores */
export function assertToken(token: string): void {
  if (typeof token !== 'string' || token.length !== TOKEN_LENGTH || !PRINTABLE.test(token)) {
    throw new InvalidOptionError(
      'token',
      `is text of ${TOKEN_LENGTH} characters from "!" to "~"; got ${quote(token)}`,
    );
  }
}

/** @throws InvalidOptionError unless `duration` is a time for a lease */
export function assertDuration(duration: number): void {
  checkWholeNumber(duration, 1, 'duration');
}

/** @throws InvalidOptionError unless `holdFor` is a time for which a key can be held empty, 0 included */
export function assertHold(holdFor: number): void {
  checkWholeNumber(holdFor, 0, 'holdFor');
}
