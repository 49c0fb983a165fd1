import type { FencedValue } from '../../contract/capabilities.js';
import { isCluster, sendTogether, type RedisClient } from './redis-client.js';
import type { RedisCommander } from './redis-commander.js';
import { readMany, timeLeft, type Reading } from './redis-reads.js';
import type { ServerClock } from './server-clock.js';
import { unpackFilled, type Filled } from './stored-bytes.js';

/** Redis serves nobody else while it carries out a command: so many keys at most are read by one. */
const KEYS_PER_COMMAND = 250;

/** Somebody waits for the value of a key. */
interface Waiting {
  readonly name: string;
  readonly resolve: (found: FencedValue | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads values that were filled. What is asked for in one step of the event loop is read by one command, and the time
 * that a value has left is told by its own bytes and the server's clock: a key costs Redis a part of a command.
 */
export class FencedReads {
  #waiting: Waiting[] = [];

  constructor(
    private readonly commander: RedisCommander,
    private readonly clock: ServerClock,
  ) {}

  /** @param name of the key in Redis */
  get(name: string): Promise<FencedValue | undefined> {
    return new Promise((resolve, reject) => {
      // The step ends when all that the last answers have set going has been done.
      if (this.#waiting.length === 0) process.nextTick(() => this.#read());
      this.#waiting.push({ name, resolve, reject });
    });
  }

  /** All of them in one write. */
  async getMany(names: readonly string[]): Promise<readonly (FencedValue | undefined)[]> {
    const parts = inParts(names).map((part) => this.#run('getFencedMany', part));
    return (await Promise.all(parts)).flat();
  }

  #read(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const part of inParts(waiting)) void this.#readPart(part);
  }

  async #readPart(part: readonly Waiting[]): Promise<void> {
    try {
      const names = part.map(({ name }) => name);
      const found = await this.#run('getFenced', names);
      for (const [index, { resolve }] of part.entries()) resolve(found[index]);
    } catch (error) {
      for (const { reject } of part) reject(error);
    }
  }

  #run(operation: string, names: readonly string[]): Promise<readonly (FencedValue | undefined)[]> {
    return this.commander.run(
      operation,
      (client) =>
        isCluster(client) ? readWithTtl(client, names) : this.#readByClock(client, names),
      (found) => found,
    );
  }

  async #readByClock(
    client: RedisClient,
    names: readonly string[],
  ): Promise<readonly (FencedValue | undefined)[]> {
    const asked = sendTogether([client], () => ({
      time: this.clock.refresh(client),
      values: valuesOf(client, names),
    }));
    // The time was asked first, and so is answered by then.
    const filled = (await asked.values).map((stored) =>
      stored ? unpackFilled(stored) : undefined,
    );
    if (asked.time !== undefined) await asked.time;
    const now = this.clock.time?.most;
    const isSure = now !== undefined && filled.every((each) => each?.endsAt !== 0);
    const ttls = isSure ? undefined : await ttlsOf(client, names);
    return filled.map((each, index) => {
      if (each === undefined) return undefined;
      const left = now === undefined || each.endsAt === 0 ? undefined : each.endsAt - now;
      return toFencedValue(each, left === undefined ? ttls?.[index] : Math.floor(left));
    });
  }
}

/** What the lease script, or two commands, say of a key. */
export function readingToFenced([stored, pttl]: Reading): FencedValue | undefined {
  const filled = stored === null ? undefined : unpackFilled(stored);
  return filled === undefined ? undefined : toFencedValue(filled, timeLeft(pttl));
}

/** @param ttl `undefined` for a value without an end, which somebody else has given it */
function toFencedValue({ value, token }: Filled, ttl: number | undefined): FencedValue | undefined {
  return ttl !== undefined && ttl <= 0 ? undefined : { value, ttl, token };
}

/** One command: a key that holds no string is answered by its error alone, and among others as if it held nothing. */
function valuesOf(
  client: RedisClient,
  names: readonly string[],
): Promise<readonly (Uint8Array | null)[]> {
  const [first] = names;
  return names.length === 1 && first !== undefined
    ? client.getBuffer(first).then((value) => [value])
    : client.mgetBuffer([...names]);
}

async function ttlsOf(
  client: RedisClient,
  names: readonly string[],
): Promise<readonly (number | undefined)[]> {
  const answers = sendTogether([client], () => names.map((name) => client.pttl(name)));
  return (await Promise.all(answers)).map(timeLeft);
}

/** In a cluster, a command names keys of one slot alone, and each server has a clock of its own. */
async function readWithTtl(
  client: RedisClient,
  names: readonly string[],
): Promise<readonly (FencedValue | undefined)[]> {
  return (await readMany(client, names)).map(readingToFenced);
}

function inParts<T>(items: readonly T[]): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += KEYS_PER_COMMAND) {
    parts.push(items.slice(at, at + KEYS_PER_COMMAND));
  }
  return parts;
}
