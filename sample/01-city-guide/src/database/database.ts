import type { OnApplicationShutdown } from '@nestjs/common';
import { requestTrace } from '../timing/request-trace.js';

/** Runs SQL whose parameters are `$1`, `$2`, … and answers the rows. */
export type RunQuery = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** A Postgres, embedded or a server. Also the injection token. */
export abstract class Database implements OnApplicationShutdown {
  #queryCount = 0;

  /** How many queries have been run, those within transactions included. */
  get queryCount(): number {
    return this.#queryCount;
  }

  readonly query: RunQuery = (sql, parameters = []) =>
    this.#counted(() => this.runQuery(sql, parameters));

  /** Runs `work` in one transaction: all of it happens, or nothing. */
  transaction<T>(work: (query: RunQuery) => Promise<T>): Promise<T> {
    return this.runTransaction((run) =>
      work((sql, parameters = []) => this.#counted(() => run(sql, parameters))),
    );
  }

  protected abstract runQuery<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]>;
  protected abstract runTransaction<T>(work: (query: RunQuery) => Promise<T>): Promise<T>;
  abstract close(): Promise<void>;

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  async #counted<Row>(run: () => Promise<Row[]>): Promise<Row[]> {
    this.#queryCount++;
    const trace = requestTrace.getStore();
    if (trace !== undefined) trace.queries++;
    return run();
  }
}
