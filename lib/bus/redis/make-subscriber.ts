import { importRedis } from '../../backends/redis/import-redis.js';
import { isCluster } from '../../backends/redis/redis-client.js';
import type { RedisConnection } from '../../backends/redis/redis-connection.js';
import { toClientOptions } from '../../backends/redis/redis-connection-options.js';
import { MissingPeerError } from '../../contract/errors.js';
import { findOwner } from './cluster-owner.js';
import { hasDuplicate, type SubscriberClient } from './subscriber-client.js';

/** One attempt, one connection: who reconnects has to catch up, so ioredis must not do it by itself. */
const OVERRIDES = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  commandTimeout: undefined,
  keyPrefix: '',
  monitor: false,
} as const;

/** For clients of our own these are set already. */
const OVERRIDES_OF_DUPLICATES = {
  ...OVERRIDES,
  sentinelRetryStrategy: null,
  disconnectTimeout: 100,
  // A replica of a cluster shall not answer in the place of its master.
  readOnly: false,
} as const;

/**
 * A client that is not connected yet, with the credentials of `connection`, to its server; in a cluster, to the
 * node that holds the log.
 *
 * @param key of the log, as it stands in Redis
 * @param named the same as the client of a cluster wants to be told it
 */
export async function makeSubscriber(
  { client, settings, commander }: RedisConnection,
  key: string,
  named: string,
): Promise<SubscriberClient> {
  if (client !== undefined && isCluster(client)) {
    const owner = await commander.run(
      'connect',
      (cluster) => findOwner(cluster, key, named),
      (node) => node,
    );
    return owner.duplicate(OVERRIDES_OF_DUPLICATES);
  }
  if (client !== undefined && hasDuplicate(client))
    return client.duplicate(OVERRIDES_OF_DUPLICATES);
  const Redis = await importRedis();
  const own = new Redis({ ...toClientOptions(settings), ...OVERRIDES });
  if (!listens(own)) throw new MissingPeerError('ioredis', 'The invalidation bus');
  return own;
}

function listens(client: object): client is SubscriberClient {
  return typeof Reflect.get(client, 'subscribe') === 'function';
}
