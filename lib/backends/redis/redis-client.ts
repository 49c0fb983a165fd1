/**
 * What is used of one Redis server's client.
 *
 * @publicApi
 */
export interface RedisNode {
  /** The socket, while there is one. */
  readonly stream?: { readonly writableCorked?: number; cork(): void; uncork(): void };
  ping(): Promise<unknown>;
  scan(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    countToken: 'COUNT',
    count: number,
  ): Promise<[cursor: string, keys: string[]]>;
}

/**
 * What is used of an existing client: a `Redis` or a `Cluster` of ioredis 5 or 6 is one.
 *
 * @publicApi
 */
export interface RedisClient extends RedisNode {
  readonly options?: object;
  /** Commands are sent while this is `ready`. */
  readonly status: string;
  connect(): Promise<unknown>;
  getBuffer(key: string): Promise<Uint8Array | null>;
  mgetBuffer(keys: string[]): Promise<(Uint8Array | null)[]>;
  /** As text, where the client was told to give numbers so. */
  pttl(key: string): Promise<number | string>;
  set(key: string, value: Buffer, unit: 'PX', ttl: number): Promise<unknown>;
  unlink(keys: string[]): Promise<unknown>;
  /** Any command; the strings of its reply as Buffers. */
  callBuffer(command: string, ...args: (string | number | Buffer)[]): Promise<unknown>;
  pipeline?(commands: unknown[][]): {
    exec(): Promise<[error: Error | null, reply: unknown][] | null>;
  };
  once(event: 'ready' | 'close', listener: () => void): unknown;
  removeListener(event: 'ready' | 'close', listener: () => void): unknown;
  /** The masters of a cluster, or all its nodes; a single server's client lacks it. */
  nodes?(role: 'master' | 'all'): RedisNode[];
}

const REQUIRED = [
  'connect',
  'getBuffer',
  'mgetBuffer',
  'pttl',
  'set',
  'unlink',
  'callBuffer',
  'scan',
  'ping',
  'once',
];

export function isRedisClient(value: unknown): value is RedisClient {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'status') === 'string' &&
    REQUIRED.every((method) => typeof Reflect.get(value, method) === 'function')
  );
}

/** The servers that hold keys: the masters of a cluster, or the one server. */
export function masters(client: RedisClient): readonly RedisNode[] {
  return client.nodes?.('master') ?? [client];
}

/** Whether a command may name keys of different slots. */
export function isCluster(client: RedisClient): boolean {
  return client.nodes !== undefined;
}

/** What the client puts before the keys of commands by itself. */
export function keyPrefixOf(client: RedisClient | undefined): string {
  const prefix: unknown = Reflect.get(client?.options ?? {}, 'keyPrefix');
  return typeof prefix === 'string' ? prefix : '';
}

/** The options of a client, of a cluster's nodes too: where its credentials stand. */
export function settingsOf(client: RedisClient): readonly unknown[] {
  const { options = {} } = client;
  const startupNodes: unknown = Reflect.get(client, 'startupNodes');
  return [
    options,
    Reflect.get(options, 'redisOptions'),
    ...(Array.isArray(startupNodes) ? startupNodes : []),
  ];
}

/** What `callBuffer` of the client answers, which ioredis breaks where `enableAutoPipelining` is set. */
export async function callCommand(
  client: Pick<RedisClient, 'callBuffer' | 'options' | 'pipeline'>,
  command: string,
  ...args: (string | number | Buffer)[]
): Promise<unknown> {
  const automatic = Reflect.get(client.options ?? {}, 'enableAutoPipelining') === true;
  if (!automatic || client.pipeline === undefined) return client.callBuffer(command, ...args);
  // A pipeline of one is not put into another.
  const replies = await client.pipeline([['callBuffer', command, ...args]]).exec();
  const [error, reply] = replies?.[0] ?? [];
  if (error) throw error;
  return reply;
}

/**
 * The commands that `send` sends to the nodes, and those that other calls send before this step of the event
 * loop ends, leave in one write to each node, instead of one write each.
 */
export function sendTogether<T>(nodes: readonly RedisNode[], send: () => T): T {
  for (const { stream } of nodes) {
    // Once for each step is enough.
    if (stream === undefined || Number(stream.writableCorked) > 0) continue;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  return send();
}
