import {
  callCommand,
  masters,
  type RedisClient,
  type RedisNode,
} from '../../backends/redis/redis-client.js';
import { hasDuplicate, type SubscriberClient } from './subscriber-client.js';

/** What is used of the client of one node. */
interface NodeClient extends Pick<RedisClient, 'callBuffer' | 'options' | 'pipeline'> {
  duplicate(overrides: object): SubscriberClient;
}

/** Whether each command goes to the master of its slot: a replica may answer with what was true some time ago. */
export function readsFromMasters(cluster: RedisClient): boolean {
  const scaleReads: unknown = Reflect.get(cluster.options ?? {}, 'scaleReads');
  return scaleReads === undefined || scaleReads === 'master';
}

/**
 * The client of the node that holds a key's slot. The nodes themselves are asked, because only the client knows by
 * which addresses they are reached from here.
 *
 * @param key as it stands in Redis
 * @param named the same key as the client wants to be told it
 */
export async function findOwner(
  cluster: RedisClient,
  key: string,
  named: string,
): Promise<NodeClient> {
  // Where the slot has moved, the client learns by this where to.
  await callCommand(cluster, 'HLEN', named);
  // All but one answer that the slot is elsewhere.
  return Promise.any(
    masters(cluster)
      .filter(isNodeClient)
      .map(async (node) => {
        await callCommand(node, 'HLEN', key);
        return node;
      }),
  );
}

function isNodeClient(node: RedisNode): node is RedisNode & NodeClient {
  return hasDuplicate(node) && typeof Reflect.get(node, 'callBuffer') === 'function';
}
