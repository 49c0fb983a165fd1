import type { RedisClient } from '../../backends/redis/redis-client.js';

/** What is used of a client of one server, or of one node of a cluster. */
interface Connection {
  on(event: 'close' | 'ready', listener: () => void): unknown;
  removeListener(event: 'close' | 'ready', listener: () => void): unknown;
}

/** What is used of the client of a cluster. */
interface ClusterEvents {
  on(event: '+node', listener: (node: object) => void): unknown;
  removeListener(event: '+node', listener: (node: object) => void): unknown;
}

/**
 * Tells whenever a connection for commands has ended or been made again, in a cluster that to any node: what it answers
 * afterwards may come from a server that has lost data, while nobody here has noticed yet.
 */
export class DataWatch {
  #client: RedisClient | undefined;
  readonly #connections = new Set<Connection>();

  constructor(private readonly onChange: () => void) {}

  /** Watches this client, instead of another that was watched before. Cheap where it is the same. */
  watch(client: RedisClient): void {
    if (client === this.#client) return;
    this.end();
    this.#client = client;
    this.#add(client);
    if (client.nodes === undefined) return;
    for (const node of client.nodes('all')) this.#add(node);
    if (hasEvents<ClusterEvents>(client)) client.on('+node', this.#add);
  }

  end(): void {
    for (const connection of this.#connections) {
      connection.removeListener('close', this.onChange);
      connection.removeListener('ready', this.onChange);
    }
    this.#connections.clear();
    if (hasEvents<ClusterEvents>(this.#client)) this.#client.removeListener('+node', this.#add);
    this.#client = undefined;
  }

  readonly #add = (connection: object): void => {
    if (!hasEvents<Connection>(connection) || this.#connections.has(connection)) return;
    this.#connections.add(connection);
    connection.on('close', this.onChange);
    connection.on('ready', this.onChange);
  };
}

function hasEvents<T extends object>(value: object | undefined): value is T {
  return typeof Reflect.get(value ?? {}, 'on') === 'function';
}
