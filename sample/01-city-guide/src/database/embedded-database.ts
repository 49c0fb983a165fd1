import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Database, type RunQuery } from './database.js';
import { FolderLock } from './folder-lock.js';

/** Postgres inside this process, which keeps its files in a folder. */
export class EmbeddedDatabase extends Database {
  private constructor(
    private readonly postgres: PGlite,
    private readonly lock: FolderLock,
  ) {
    super();
  }

  /**
   * Opens the database in `folder`, and creates it where there is none.
   *
   * @param onCreate told before a new one is made, which takes seconds
   */
  static async open(folder: string, onCreate: () => void): Promise<EmbeddedDatabase> {
    await mkdir(folder, { recursive: true });
    const lock = await FolderLock.take(folder);
    try {
      const files = join(folder, 'postgres');
      if (!(await exists(files))) {
        onCreate();
        await createFiles(files);
      }
      return new EmbeddedDatabase(await PGlite.create(files), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  protected async runQuery<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.postgres.query<Row>(sql, [...parameters]);
    return rows;
  }

  protected runTransaction<T>(work: (query: RunQuery) => Promise<T>): Promise<T> {
    return this.postgres.transaction((transaction) =>
      work(async <Row>(sql: string, parameters: readonly unknown[] = []) => {
        const { rows } = await transaction.query<Row>(sql, [...parameters]);
        return rows;
      }),
    );
  }

  async close(): Promise<void> {
    if (this.postgres.closed) return;
    await this.postgres.close();
    await this.lock.release();
  }
}

/** Makes the files under another name first: whoever finds them under the right one finds all of them. */
async function createFiles(files: string): Promise<void> {
  const unfinished = `${files}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const postgres = await PGlite.create(unfinished);
  await postgres.close();
  await rename(unfinished, files);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
