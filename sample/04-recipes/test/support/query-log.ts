import type { BeforeQueryEvent, DataSource, EntitySubscriberInterface } from 'typeorm';

/** The SELECTs that the database is asked. */
export class QueryLog implements EntitySubscriberInterface {
  #count = 0;

  constructor(dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  beforeQuery({ query }: BeforeQueryEvent): void {
    if (query.startsWith('SELECT')) this.#count++;
  }

  /** How many of them run while `work` goes on. */
  async during(work: () => Promise<unknown>): Promise<number> {
    const before = this.#count;
    await work();
    return this.#count - before;
  }
}
