import { Pool, type ClientBase } from 'pg';
import { StartError } from '../start-error.js';
import { Database, type RunQuery } from './database.js';

/** A Postgres server, through a pool of connections. */
export class ServerDatabase extends Database {
  #closed = false;

  private constructor(private readonly pool: Pool) {
    super();
  }

  /**
   * Connects to the server.
   *
   * @param onError told of connections that break while nobody uses them; the next query makes another
   * @throws StartError when the server does not answer, or not to this user
   */
  static async open(url: string, onError: (error: Error) => void): Promise<ServerDatabase> {
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5_000 });
    // Unheard, it would end the process.
    pool.on('error', onError);
    try {
      await pool.query('SELECT 1');
      return new ServerDatabase(pool);
    } catch (error) {
      await pool.end();
      throw new StartError(`The Postgres server of DATABASE_URL cannot be used: ${reason(error)}`);
    }
  }

  protected runQuery<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return run(this.pool, sql, parameters);
  }

  protected async runTransaction<T>(work: (query: RunQuery) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken = false;
    try {
      await client.query('BEGIN');
      const result = await work((sql, parameters = []) => run(client, sql, parameters));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => (broken = true));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.pool.end();
  }
}

/** A refused connection has no message of its own, but one for each address that was tried. */
function reason(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

async function run<Row>(
  on: Pool | ClientBase,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const { rows } = await on.query(sql, [...parameters]);
  return rows;
}
