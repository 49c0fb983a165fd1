import type { RedisClient } from '../../backends/redis/redis-client.js';
import { BackendError } from '../../contract/errors.js';
import { DataWatch } from './data-watch.js';
import type { RedisLog } from './redis-log.js';
import { masterLives } from './server-lives.js';

/** Sends a command on the data connection. */
export type RunOnData = <T>(
  operation: string,
  send: (client: RedisClient) => Promise<T>,
) => Promise<T>;

/**
 * Whether the servers behind the data connection live the lives that they did. A connection that has been made again
 * may lead to a server that has lost values, even where the one that listens shows no sign of it.
 */
export class DataLives {
  #masters: readonly string[] = [];
  /** Of the server to which there is a connection; `undefined` until it has been asked. */
  #life: string | undefined;
  /** Grows with each connection: what was asked before says nothing of it. */
  #round = 0;
  readonly #watch: DataWatch;

  /** @param onDoubt called whenever a server may have lost values */
  constructor(
    private readonly name: string,
    private readonly log: RedisLog,
    private readonly run: RunOnData,
    onDoubt: () => void,
  ) {
    this.#watch = new DataWatch(() => {
      this.#round++;
      this.#life = undefined;
      onDoubt();
    });
  }

  /** Watches the connections of this client, instead of those of another that was watched before. */
  watch(client: RedisClient): void {
    this.#watch.watch(client);
  }

  end(): void {
    this.#watch.end();
  }

  /** Of the masters of a cluster, when they were asked last. */
  get masters(): readonly string[] {
    return this.#masters;
  }

  async ofMasters(): Promise<readonly string[]> {
    const lives = await this.run('probe', masterLives);
    if (lives === undefined) {
      throw new BackendError(this.name, 'probe', 'a node of the cluster has become a replica');
    }
    this.#masters = lives;
    return lives;
  }

  /** Of the one server there is; it is asked once per connection. */
  async ofServer(): Promise<string> {
    if (this.#life !== undefined) return this.#life;
    const round = this.#round;
    const life = await this.run('probe', (client) => this.log.life(client));
    if (round === this.#round) this.#life = life;
    return life;
  }
}
