import { callCommand, type RedisClient } from '../../backends/redis/redis-client.js';
import { RedisScript } from '../../backends/redis/redis-script.js';
import type { Stamp } from '../../contract/entry.js';
import type { BusCheck, Invalidation, InvalidationScope } from '../../contract/invalidation-bus.js';
import type { BusKeys } from './bus-keys.js';
import {
  decodeEntry,
  encodePayload,
  entryPlace,
  toNumber,
  toText,
  type EntryPlace,
  type LoggedInvalidation,
} from './bus-message.js';
import { readAll, readSince, type ReadBack } from './log-history.js';
import { luaSource } from './lua-source.js';

const [INVALIDATE, ROTATE, SYNC, CHECK, LIFE] = [
  'invalidate',
  'rotate',
  'sync',
  'check',
  'life',
].map((name) => new RedisScript(name, `${luaSource('own-life')}\n${luaSource(name)}`)) as [
  RedisScript,
  RedisScript,
  RedisScript,
  RedisScript,
  RedisScript,
];

/** Stands for the life of the server that carries out a script. */
const ITS_OWN = '*';

/** How many entries are read at once: the server, the connection and this process serve others in between. */
const STEP = 500;

/** What is used of a client. */
export type LogClient = Pick<RedisClient, 'callBuffer' | 'options' | 'pipeline'>;

/** What the log said at one moment. */
export interface LogReading {
  /** The epoch as it stands in Redis; '' if there is none. */
  readonly epochText: string;
  /** `undefined` when the meta hash is gone or makes no sense. */
  readonly stamp: Stamp | undefined;
  /** The lives of the servers that hold values, as the log knows them. */
  readonly lives: string;
  /** That of the server which has answered, where it holds the values too; '' where it does not tell. */
  readonly life: string;
  readonly first: EntryPlace | undefined;
  readonly last: EntryPlace | undefined;
  /** Where the entries begin that were asked for: at the caller's own position, if it is there. */
  readonly begin: EntryPlace | undefined;
  /** The entries after that; `undefined` for one that cannot be understood. */
  readonly missed: readonly (LoggedInvalidation | undefined)[];
  /** Whether there may be more of them: they are read in steps. */
  readonly hasMore: boolean;
}

/** How much of a log is kept. */
export interface LogBounds {
  /** About how many entries. */
  readonly length: number;
  /** About how many counters of tags. */
  readonly tags: number;
}

/** The log of invalidations as it stands in Redis. */
export class RedisLog {
  /** @param isBesideValues whether the server that holds the log is the one that holds the values */
  constructor(
    private readonly keys: BusKeys,
    private readonly origin: string,
    private readonly bounds: LogBounds,
    private readonly isBesideValues: boolean,
  ) {}

  /** Where the log stands; `undefined` when the meta hash is gone or makes no sense. */
  async state(client: LogClient): Promise<Stamp | undefined> {
    const reply = await callCommand(client, 'HMGET', this.keys.meta, 'e', 'n');
    return Array.isArray(reply) ? toStamp(reply[0], reply[1]) : undefined;
  }

  /** @param id of the last entry that the caller has applied, or '' */
  async read(client: LogClient, id: string): Promise<LogReading> {
    const reply = await SYNC.run(
      client,
      [this.keys.meta, this.keys.log],
      [id, STEP, this.#lives()],
    );
    const [epoch, position, last, first, since, lives, life] = listOf(reply);
    const entries = listOf(since);
    return {
      epochText: toText(epoch),
      stamp: toStamp(epoch, position),
      lives: toText(lives),
      life: toText(life),
      first: entryPlace(listOf(first)[0]),
      last: entryPlace(listOf(last)[0]),
      begin: entryPlace(entries[0]),
      missed: entries.slice(1).map(decodeEntry),
      hasMore: entries.length >= STEP,
    };
  }

  /**
   * Begins a new epoch after `least`, unless the epoch is no longer the one that the caller has read.
   *
   * @param lives of the masters of a cluster
   */
  async rotate(
    client: LogClient,
    epochText: string,
    least: number,
    lives: readonly string[],
  ): Promise<void> {
    const args = [epochText, least, this.bounds.length, this.origin, this.#lives(lives)];
    await ROTATE.run(client, this.#allKeys(), args);
  }

  /**
   * Records and publishes an invalidation.
   *
   * @param known the latest position that the caller has heard of
   * @param lives of the masters of a cluster, as far as the caller knows
   */
  async invalidate(
    client: LogClient,
    known: Stamp,
    scope: InvalidationScope,
    lives: readonly string[],
  ): Promise<unknown> {
    const fields = (scope.tags ?? []).map((tag) => `t:${tag}`);
    if (scope.all === true) fields.push('all');
    const { length, tags } = this.bounds;
    const { epoch, position } = known;
    const fixed = [epoch, position, length, tags, this.origin, encodePayload(scope)];
    return INVALIDATE.run(client, this.#allKeys(), [...fixed, this.#lives(lives), ...fields]);
  }

  async check(
    client: LogClient,
    id: string,
    at: Stamp,
    tags: readonly string[],
  ): Promise<BusCheck> {
    const args = [id, at.epoch, at.position, this.#lives(), ...tags];
    const reply = await CHECK.run(client, [this.keys.meta, this.keys.log], args);
    const [epoch, position, complete, all, counters] = listOf(reply);
    const stamp = toStamp(epoch, position) ?? { epoch: 0, position: 0 };
    return {
      stamp,
      complete: Number(complete) === 1,
      all: toNumber(all) ?? 0,
      tags: listOf(counters).map((counter) => toNumber(counter) ?? 0),
    };
  }

  /**
   * What came after `since`, or all that there is; `undefined` when not all of it is there.
   *
   * @param ask carries out one step
   */
  async history(
    ask: <T>(step: (client: LogClient) => Promise<T>) => Promise<T>,
    since: Stamp | undefined,
  ): Promise<readonly Invalidation[] | undefined> {
    const readBack: ReadBack = (end, count) =>
      ask(async (client) =>
        listOf(await callCommand(client, 'XREVRANGE', this.keys.log, end, '-', 'COUNT', count)),
      );
    if (since === undefined) return readAll(readBack);
    const stamp = await ask((client) => this.state(client));
    if (stamp?.epoch !== since.epoch || stamp.position < since.position) return undefined;
    return stamp.position === since.position ? [] : readSince(readBack, since);
  }

  /** The life of the server that holds the log, as `read` tells it. */
  async life(client: LogClient): Promise<string> {
    return toText(await LIFE.run(client, [this.keys.meta], []));
  }

  #lives(masters: readonly string[] = []): string {
    return this.isBesideValues ? ITS_OWN : masters.join(' ');
  }

  #allKeys(): readonly string[] {
    return [this.keys.meta, this.keys.log, this.keys.channel];
  }
}

/** The position that `invalidate` was answered; `undefined` when the answer makes no sense. */
export function recordedAt(reply: unknown): Stamp | undefined {
  const [epoch, position] = listOf(reply);
  return toStamp(epoch, position);
}

function toStamp(epoch: unknown, position: unknown): Stamp | undefined {
  const [e, n] = [toNumber(epoch), toNumber(position)];
  return e === undefined || n === undefined ? undefined : { epoch: e, position: n };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
