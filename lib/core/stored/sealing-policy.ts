import { checkOptionNames, checkWholeNumber, readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { CompressionAlgorithm, CompressionOptions } from '../../contract/sealing-options.js';
import type { TierPolicy } from '../../contract/tier-definition.js';
import { hasAlgorithm, type CompressionSettings } from './compression.js';
import { encryptionOf } from './encryption-policy.js';
import { Sealer } from './sealer.js';

/** The defaults, in bytes. */
const MAX_ENTRY_BYTES = 16 * 1024 * 1024;
const MIN_BYTES = 1024;

interface Levels {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

/** Brotli's own default, 11, is made for files that are compressed once. */
const LEVELS: Readonly<Record<CompressionAlgorithm, Levels>> = {
  gzip: { least: 1, most: 9, usual: 6 },
  brotli: { least: 0, most: 11, usual: 4 },
  zstd: { least: 1, most: 22, usual: 3 },
};

/**
 * How a tier of this policy stores its envelopes.
 *
 * @param path of the policy, for messages
 * @throws InvalidOptionError; no message holds a key
 */
export function sealerOf(policy: TierPolicy, path: string): Sealer {
  const { maxEntryBytes = MAX_ENTRY_BYTES, compression, encryption } = policy;
  checkWholeNumber(maxEntryBytes, 1, `${path}.maxEntryBytes`);
  return new Sealer({
    maxEntryBytes,
    compression: compressionOf(compression, `${path}.compression`),
    encryption: encryptionOf(encryption, `${path}.encryption`),
  });
}

function compressionOf(
  given: CompressionOptions | boolean | undefined,
  path: string,
): CompressionSettings | undefined {
  if (given === undefined || given === false) return undefined;
  if (given !== true && (typeof given !== 'object' || given === null)) {
    throw new InvalidOptionError(
      path,
      `is true, false, or { algorithm, minBytes, level }; got ${quote(given)}`,
    );
  }
  const options = given === true ? {} : given;
  checkOptionNames(options, ['algorithm', 'minBytes', 'level'], path);
  const {
    algorithm = 'gzip',
    minBytes = MIN_BYTES,
    level,
  } = readOption(path, () => ({
    ...options,
  }));
  if (typeof algorithm !== 'string' || !Object.hasOwn(LEVELS, algorithm)) {
    throw new InvalidOptionError(
      `${path}.algorithm`,
      `is one of ${Object.keys(LEVELS).join(', ')}; got ${quote(algorithm)}`,
    );
  }
  if (!hasAlgorithm(algorithm)) {
    throw new InvalidOptionError(
      `${path}.algorithm`,
      `${algorithm} is in Node from 22.15 and 23.8 on, and this is ${process.version}: choose brotli or gzip`,
    );
  }
  checkWholeNumber(minBytes, 0, `${path}.minBytes`);
  const { least, most, usual } = LEVELS[algorithm];
  if (level !== undefined && !(Number.isInteger(level) && level >= least && level <= most)) {
    throw new InvalidOptionError(
      `${path}.level`,
      `is a whole number from ${least} to ${most} for ${algorithm}; got ${quote(level)}`,
    );
  }
  return { algorithm, minBytes, level: level ?? usual };
}
