import { Injectable, Logger } from '@nestjs/common';
import { TieredCache } from 'nestjs-cache-tier';
import {
  DataSource,
  type EntitySubscriberInterface,
  type InsertEvent,
  type ObjectLiteral,
  type QueryRunner,
  type RemoveEvent,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
  type UpdateEvent,
} from 'typeorm';
import { changedTags } from './table-tags.js';

type Change = InsertEvent<ObjectLiteral> | UpdateEvent<ObjectLiteral> | RemoveEvent<ObjectLiteral>;

/**
 * Voids what was cached of the rows that an entity manager, a repository or a query builder has changed: once the
 * change is committed. Before that, whoever reads still reads the old row, and would cache it again.
 */
@Injectable()
export class CacheEvictionSubscriber implements EntitySubscriberInterface {
  readonly #logger = new Logger(CacheEvictionSubscriber.name);

  /** The tags of what open transactions have changed. A transaction has its query runner to itself. */
  readonly #uncommitted = new WeakMap<QueryRunner, Set<string>>();

  constructor(
    dataSource: DataSource,
    private readonly cache: TieredCache,
  ) {
    dataSource.subscribers.push(this);
  }

  afterInsert(event: InsertEvent<ObjectLiteral>): Promise<void> {
    return this.#changed(event, event.entity);
  }

  afterUpdate(event: UpdateEvent<ObjectLiteral>): Promise<void> {
    return this.#changed(event, event.databaseEntity);
  }

  afterRemove(event: RemoveEvent<ObjectLiteral>): Promise<void> {
    return this.#changed(event, event.databaseEntity);
  }

  afterSoftRemove(event: RemoveEvent<ObjectLiteral>): Promise<void> {
    return this.#changed(event, event.databaseEntity);
  }

  afterRecover(event: RemoveEvent<ObjectLiteral>): Promise<void> {
    return this.#changed(event, event.databaseEntity);
  }

  async afterTransactionCommit({ queryRunner }: TransactionCommitEvent): Promise<void> {
    // The end of a nested transaction, a savepoint, has committed nothing yet.
    if (queryRunner.isTransactionActive) return;
    const tags = this.#uncommitted.get(queryRunner);
    this.#uncommitted.delete(queryRunner);
    if (tags !== undefined) await this.#evict([...tags]);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) this.#uncommitted.delete(queryRunner);
  }

  async #changed({ metadata, queryRunner }: Change, row: ObjectLiteral | undefined): Promise<void> {
    // A query builder changes rows by a condition, and does not tell which.
    const id = row && metadata.getEntityIdMap(row);
    const tags = changedTags(metadata.tableName, id && Object.values(id).join(','));
    if (!queryRunner.isTransactionActive) return this.#evict(tags);
    const uncommitted = this.#uncommitted.get(queryRunner) ?? new Set();
    for (const tag of tags) uncommitted.add(tag);
    this.#uncommitted.set(queryRunner, uncommitted);
  }

  /** The change is in the database, whatever becomes of this: a failure is logged, and fails nobody's write. */
  async #evict(tags: readonly string[]): Promise<void> {
    try {
      await this.cache.invalidateTags(tags);
    } catch (error) {
      this.#logger.warn(`could not void ${tags.join(', ')} everywhere yet: ${String(error)}`);
    }
  }
}
