import { ConsoleLogger } from '@nestjs/common';
import { StartError } from './start-error.js';

/** Nest's logger, but for the trace of an error whose message says all that there is to say. */
export class StartLogger extends ConsoleLogger {
  override error(message: unknown, ...details: unknown[]): void {
    if (!(message instanceof StartError)) super.error(message, ...details);
  }
}
