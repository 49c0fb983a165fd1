import type { LoggerService } from '@nestjs/common';

const KEPT = 5;

/** Keeps a few of the errors, and counts the rest: thousands of lines would be a load of their own. */
export class AppLog implements LoggerService {
  readonly errors: string[] = [];
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  log(): void {
    // What Nest tells of its start is of no interest.
  }

  warn(): void {
    this.#lines++;
  }

  error(...messages: readonly unknown[]): void {
    this.#lines++;
    if (this.errors.length < KEPT) this.errors.push(messages.map(String).join(' '));
  }
}
