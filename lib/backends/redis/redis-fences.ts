import { types } from 'node:util';
import type { FencedValue, LeaseAnswer } from '../../contract/capabilities.js';
import { assertTtl } from '../../contract/ttl.js';
import { assertDuration, assertHold, assertToken } from '../check-fence.js';
import { FencedReads, readingToFenced } from './fenced-reads.js';
import { isCluster, masters, sendTogether, type RedisClient } from './redis-client.js';
import type { RedisCommander } from './redis-commander.js';
import type { RedisKeys } from './redis-keys.js';
import { RedisScript } from './redis-script.js';
import { ServerClock } from './server-clock.js';
import { packFilled } from './stored-bytes.js';

const LEASE = new RedisScript('lease');
const FILL = new RedisScript('fill');
const RENEW = new RedisScript('renew');
const RELEASE = new RedisScript('release');
const DISCARD = new RedisScript('discard');

/** Redis serves nobody else while a script runs: this many keys take it half a millisecond. */
const KEYS_PER_CALL = 250;

/**
 * What makes the Redis backend a `FencedBackend`. All that belongs to a key lives in its slot, and each
 * decision about it is one script, which nothing can come between.
 */
export class RedisFences {
  readonly #clock = new ServerClock();
  readonly #reads: FencedReads;

  /** @param channel where the end of a lease is announced for which somebody waits */
  constructor(
    private readonly commander: RedisCommander,
    private readonly keys: RedisKeys,
    private readonly channel: string,
  ) {
    this.#reads = new FencedReads(commander, this.#clock);
  }

  get(key: string): Promise<FencedValue | undefined> {
    return this.#reads.get(this.keys.encode(key));
  }

  getMany(keys: readonly string[]): Promise<readonly (FencedValue | undefined)[]> {
    return this.#reads.getMany(keys.map((key) => this.keys.encode(key)));
  }

  async lease(
    key: string,
    token: string,
    duration: number,
    rejected: string,
  ): Promise<LeaseAnswer> {
    assertToken(token);
    assertDuration(duration);
    const keys = this.#pair(key);
    // As bytes: whoever wrote that value may have taken other characters.
    const args = [token, duration, Buffer.from(rejected, 'latin1')];
    return this.commander.run('lease', (client) => LEASE.run(client, keys, args), toLeaseAnswer);
  }

  async fill(key: string, token: string, value: Uint8Array, ttl: number): Promise<boolean> {
    assertToken(token);
    assertTtl(ttl);
    const keys = this.#pair(key);
    const now = this.#clock.time?.least;
    const endsAt = now === undefined ? 0 : Math.floor(now + ttl);
    const args = [token, packFilled(token, value, endsAt), ttl, this.channel, key];
    return this.commander.run('fill', (client) => this.#fill(client, keys, args), isDone);
  }

  async renew(key: string, token: string, duration: number): Promise<boolean> {
    assertToken(token);
    assertDuration(duration);
    const keys = [this.keys.encodeLease(key)];
    const args = [token, duration];
    return this.commander.run('renew', (client) => RENEW.run(client, keys, args), isDone);
  }

  async release(key: string, token: string): Promise<void> {
    assertToken(token);
    const keys = [this.keys.encodeLease(key)];
    const args = [token, this.channel, key];
    await this.commander.run('release', (client) => RELEASE.run(client, keys, args), isDone);
  }

  async discard(keys: readonly string[], holdFor: number, operation = 'discard'): Promise<void> {
    assertHold(holdFor);
    if (keys.length === 0) return;
    await this.commander.run(
      operation,
      (client) =>
        sendTogether(masters(client), () =>
          Promise.all(
            inParts(keys, isCluster(client) ? 1 : KEYS_PER_CALL).map((part) =>
              this.#discardPart(client, part, holdFor),
            ),
          ),
        ),
      () => undefined,
    );
  }

  /** The server's clock is asked here too, so that who writes much and reads little knows it. */
  #fill(
    client: RedisClient,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    void this.#clock.refresh(client);
    return FILL.run(client, keys, args);
  }

  #discardPart(client: RedisClient, keys: readonly string[], holdFor: number): Promise<unknown> {
    const pairs = keys.flatMap((key) => this.#pair(key));
    return DISCARD.run(client, pairs, [holdFor, this.channel, ...keys]);
  }

  #pair(key: string): readonly [value: string, lease: string] {
    return [this.keys.encode(key), this.keys.encodeLease(key)];
  }
}

function inParts(keys: readonly string[], size: number): (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  for (let at = 0; at < keys.length; at += size) parts.push(keys.slice(at, at + size));
  return parts;
}

/** As the header of `lease.lua` tells it. What is not known lets nobody fill. */
function toLeaseAnswer(reply: unknown): LeaseAnswer {
  const [outcome, first, second]: unknown[] = Array.isArray(reply) ? reply : [];
  switch (String(outcome)) {
    case 'hit': {
      const found = types.isUint8Array(first)
        ? readingToFenced([first, Number(second)])
        : undefined;
      return found === undefined ? { outcome: 'bypass' } : { outcome: 'hit', found };
    }
    case 'granted':
      return { outcome: 'granted' };
    case 'wait':
      // One that ends within this millisecond takes one.
      return { outcome: 'wait', remaining: Math.max(1, Number(first)) };
    default:
      return { outcome: 'bypass' };
  }
}

function isDone(reply: unknown): boolean {
  return Number(reply) === 1;
}
