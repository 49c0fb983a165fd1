import { Logger } from '@nestjs/common';
import { BackendError, ClosedError } from '../../contract/errors.js';

const logger = new Logger('CacheTier');

/**
 * Runs a change of the cache that follows from a method's own work. That a tier could not carry it out, or
 * the cache has been closed, is logged, unless the decorator is told to throw; mistakes in the call are thrown
 * always.
 */
export async function guardChange(
  label: string,
  throwOnError: boolean | undefined,
  change: () => Promise<void>,
): Promise<void> {
  try {
    await change();
  } catch (error) {
    const isOfCache = error instanceof BackendError || error instanceof ClosedError;
    if (throwOnError === true || !isOfCache) throw error;
    logger.error(`${label}: ${error.message}`);
  }
}
