import type { RedisClient } from '../../backends/redis/redis-client.js';

/** What is used of the client that listens. */
export interface SubscriberClient extends Pick<RedisClient, 'callBuffer' | 'connect' | 'status'> {
  readonly stream?: { destroy(): unknown };
  subscribe(...channels: string[]): Promise<unknown>;
  ping(text: string): Promise<unknown>;
  disconnect(): void;
  on(event: 'message', listener: (channel: string, text: string) => void): unknown;
  on(event: 'error' | 'close' | 'end', listener: () => void): unknown;
  once(event: 'end', listener: () => void): unknown;
}

/** Whether commands may be sent while subscribed: in RESP3 they may, in RESP2 they may not. */
export async function speaksResp3(client: SubscriberClient): Promise<boolean> {
  try {
    const reply = await client.callBuffer('HELLO');
    const facts = Array.isArray(reply) ? reply.map(String) : [];
    const at = facts.indexOf('proto');
    const proto: unknown = at < 0 ? Reflect.get(Object(reply), 'proto') : facts[at + 1];
    return Number(proto) === 3;
  } catch (error) {
    // An old server does not know the command; where the connection has ended, the next one tells.
    if (client.status === 'ready') return false;
    throw error;
  }
}

export function hasDuplicate(
  client: object,
): client is { duplicate(overrides: object): SubscriberClient } {
  return typeof Reflect.get(client, 'duplicate') === 'function';
}
