import {
  callCommand,
  masters,
  type RedisClient,
  type RedisNode,
} from '../../backends/redis/redis-client.js';
import { toText } from './bus-message.js';

/** What is used of the client of one node. */
type NodeClient = Pick<RedisClient, 'callBuffer' | 'options' | 'pipeline'>;

/**
 * The lives of the masters of a cluster: of each the id that it has taken when it was started. In a cluster, a node
 * may lose values while the log, which another node holds, stays whole: a replica goes on that lags behind, or the node
 * is started again from an older copy. Then there is a master of another life.
 *
 * @returns `undefined` where it cannot be told now, because a node has become a replica
 */
export async function masterLives(cluster: RedisClient): Promise<readonly string[] | undefined> {
  const reports = await Promise.all(
    masters(cluster)
      .filter(isNodeClient)
      .map((node) => callCommand(node, 'INFO')),
  );
  const lives = reports.map((report) => lifeIn(toText(report)));
  return lives.every((life) => life !== undefined) ? lives : undefined;
}

/** Whether one of these lives is not among those that the log knows. */
export function hasUnknownLife(lives: readonly string[], known: string): boolean {
  const names = known.split(' ');
  return lives.some((life) => !names.includes(life));
}

function lifeIn(report: string): string | undefined {
  const [, role] = /^role:(\w+)/m.exec(report) ?? [];
  const [, life] = /^run_id:(\w+)/m.exec(report) ?? [];
  return role === 'master' ? life : undefined;
}

function isNodeClient(node: RedisNode): node is RedisNode & NodeClient {
  return typeof Reflect.get(node, 'callBuffer') === 'function';
}
