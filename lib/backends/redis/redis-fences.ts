import { types } from 'node:util';
import type { FencedValue, LeaseAnswer } from '../../contract/capabilities.js';
import { assertTtl } from '../../contract/ttl.js';
import { assertDuration, assertHold, assertToken } from '../check-fence.js';
import { readFenced, readingToFenced } from './fenced-reads.js';
import { masters, sendTogether, type RedisClient } from './redis-client.js';
import type { RedisCommander } from './redis-commander.js';
import type { RedisKeys } from './redis-keys.js';
import { RedisScript } from './redis-script.js';
import { ServerClock } from './server-clock.js';
import { inParts, StepBatch } from './step-batch.js';
import { packFilled, writeEnd } from './stored-bytes.js';
import { UsualSize } from './usual-size.js';

type Argument = string | number | Buffer;

const LEASE = new RedisScript('lease');
const FILL = new RedisScript('fill');
const REPLACE = new RedisScript('replace');
const RENEW = new RedisScript('renew');
const RELEASE = new RedisScript('release');
const DISCARD = new RedisScript('discard');

/** Redis serves nobody else while a script runs: this many keys take it half a millisecond. */
const KEYS_PER_DISCARD = 250;

/** So many bytes to store take Redis as long as a key. */
const BYTES_PER_KEY = 4096;

/** Somebody asks for the right to fill a key. */
interface LeaseQuestion {
  readonly key: string;
  readonly token: string;
  readonly duration: number;
  readonly rejected: string;
}

/** A value that is to be stored, under a lease or in the place of what stands there. */
interface FillQuestion {
  readonly key: string;
  readonly token: string;
  /** As it will stand in Redis, but for its end. */
  readonly stored: Buffer;
  readonly ttl: number;
}

/**
 * What makes the Redis backend a `FencedBackend`. All that belongs to a key lives in its slot, and each
 * decision about it is made by a script, which nothing can come between. What is asked for in one step of the event
 * loop is sent together: reads, leases, fills, then replacements, each kind as one command where there is one server.
 */
export class RedisFences {
  readonly #clock = new ServerClock();
  readonly #reads: StepBatch<string, FencedValue | undefined>;
  readonly #leases: StepBatch<LeaseQuestion, LeaseAnswer>;
  readonly #fills: StepBatch<FillQuestion, boolean>;
  readonly #replacements: StepBatch<FillQuestion, boolean>;
  readonly #usualSize = new UsualSize();

  /**
   * @param channel where the end of a lease is announced for which somebody waits
   * @param isCluster whether keys are on several servers, of which each may fail by itself: then each key is asked for by
   *   itself
   */
  constructor(
    private readonly commander: RedisCommander,
    private readonly keys: RedisKeys,
    private readonly channel: string,
    private readonly isCluster: boolean,
  ) {
    const flush = (): void => {
      this.#reads.flush();
      // A lease that is asked for and used in one breath: without it, the fill is refused.
      this.#leases.flush();
      this.#fills.flush();
      this.#replacements.flush();
    };
    const onFirst = (): void => commander.beforeNext(flush);
    const weightOf = isCluster ? (): number => Infinity : undefined;
    const weightOfValue =
      weightOf ?? (({ stored }: FillQuestion) => 1 + stored.length / BYTES_PER_KEY);
    this.#reads = new StepBatch({
      onFirst,
      weightOf: weightOf ?? ((): number => this.#weightOfRead),
      send: (names) => this.#read('getFenced', names),
    });
    this.#leases = new StepBatch({
      onFirst,
      weightOf,
      send: (questions) => this.#askLeases(questions),
    });
    this.#fills = new StepBatch({
      onFirst,
      weightOf: weightOfValue,
      send: (questions) =>
        this.#store('fill', FILL, questions, ({ key, token, stored, ttl }) => [
          token,
          stored,
          ttl,
          key,
        ]),
    });
    this.#replacements = new StepBatch({
      onFirst,
      weightOf: weightOfValue,
      send: (questions) =>
        this.#store('replace', REPLACE, questions, ({ key, stored, ttl }) => [stored, ttl, key]),
    });
  }

  get(key: string): Promise<FencedValue | undefined> {
    return this.#reads.ask(this.keys.encode(key));
  }

  async getMany(keys: readonly string[]): Promise<readonly (FencedValue | undefined)[]> {
    const names = keys.map((key) => this.keys.encode(key));
    const weightOf = (): number => this.#weightOfRead;
    const parts = (this.isCluster ? [names] : inParts(names, weightOf)).map((part) =>
      this.#read('getFencedMany', part),
    );
    return (await Promise.all(parts)).flat();
  }

  async lease(
    key: string,
    token: string,
    duration: number,
    rejected: string,
  ): Promise<LeaseAnswer> {
    assertToken(token);
    assertDuration(duration);
    return this.#leases.ask({ key, token, duration, rejected });
  }

  async fill(key: string, token: string, value: Uint8Array, ttl: number): Promise<boolean> {
    assertToken(token);
    assertTtl(ttl);
    return this.#fills.ask({ key, token, stored: packFilled(token, value), ttl });
  }

  async replace(key: string, token: string, value: Uint8Array, ttl: number): Promise<boolean> {
    assertToken(token);
    assertTtl(ttl);
    return this.#replacements.ask({ key, token, stored: packFilled(token, value), ttl });
  }

  async renew(key: string, token: string, duration: number): Promise<boolean> {
    assertToken(token);
    assertDuration(duration);
    const keys = [this.keys.encodeLease(key)];
    const args = [token, duration];
    return this.commander.run('renew', (client) => together(client, RENEW, keys, args), isDone);
  }

  async release(key: string, token: string): Promise<void> {
    assertToken(token);
    const keys = [this.keys.encodeLease(key)];
    const args = [token, this.channel, key];
    await this.commander.run('release', (client) => together(client, RELEASE, keys, args), isDone);
  }

  async discard(keys: readonly string[], holdFor: number, operation = 'discard'): Promise<void> {
    assertHold(holdFor);
    if (keys.length === 0) return;
    await this.commander.run(
      operation,
      (client) =>
        sendTogether(masters(client), () =>
          Promise.all(
            inPartsOf(this.isCluster ? 1 : KEYS_PER_DISCARD, keys).map((part) =>
              this.#discardPart(client, part, holdFor),
            ),
          ),
        ),
      () => undefined,
    );
  }

  /** What a value of the usual size counts, so that an answer is not so large that all wait for its end. */
  get #weightOfRead(): number {
    return 1 + this.#usualSize.bytes / BYTES_PER_KEY;
  }

  #read(
    operation: string,
    names: readonly string[],
  ): Promise<readonly (FencedValue | undefined)[]> {
    return this.commander.run(
      operation,
      (client) => sendTogether(masters(client), () => readFenced(client, this.#clock, names)),
      (found) => {
        this.#usualSize.learn(found);
        return found;
      },
    );
  }

  #askLeases(questions: readonly LeaseQuestion[]): Promise<readonly (LeaseAnswer | Error)[]> {
    return this.commander.run(
      'lease',
      (client) =>
        this.#runFor(client, LEASE, questions, [], ({ token, duration, rejected }) => [
          token,
          duration,
          // As bytes: whoever wrote that value may have taken other characters.
          Buffer.from(rejected, 'latin1'),
        ]),
      (answers) =>
        questions.map(
          (_, index) => this.#failureIn('lease', answers[index]) ?? toLeaseAnswer(answers[index]),
        ),
    );
  }

  #store(
    operation: string,
    script: RedisScript,
    questions: readonly FillQuestion[],
    argsOf: (question: FillQuestion) => readonly Argument[],
  ): Promise<readonly (boolean | Error)[]> {
    return this.commander.run(
      operation,
      (client) => {
        const now = this.#timeFor(client);
        if (now !== undefined) {
          for (const { stored, ttl } of questions) writeEnd(stored, Math.floor(now + ttl));
        }
        return this.#runFor(client, script, questions, [this.channel], argsOf);
      },
      (answers) =>
        questions.map(
          (_, index) => this.#failureIn(operation, answers[index]) ?? isDone(answers[index]),
        ),
    );
  }

  /** Who writes much and reads little has to ask for the time, too. Each server of a cluster has one of its own. */
  #timeFor(client: RedisClient): number | undefined {
    if (this.isCluster) return undefined;
    void this.#clock.refresh(client);
    return this.#clock.time?.least;
  }

  /** Runs a script for keys, and answers what it says of each. */
  async #runFor<Question extends { readonly key: string }>(
    client: RedisClient,
    script: RedisScript,
    questions: readonly Question[],
    common: readonly Argument[],
    argsOf: (question: Question) => readonly Argument[],
  ): Promise<readonly unknown[]> {
    const keys = questions.flatMap(({ key }) => this.#pair(key));
    const args = [...common, ...questions.flatMap(argsOf)];
    const reply = await together(client, script, keys, args);
    return Array.isArray(reply) ? reply : [];
  }

  /** What a script says that went wrong with one key. */
  #failureIn(operation: string, answer: unknown): Error | undefined {
    const [outcome, message]: unknown[] = Array.isArray(answer) ? answer : [];
    return String(outcome) === 'error'
      ? this.commander.refusal(operation, String(message))
      : undefined;
  }

  #discardPart(client: RedisClient, keys: readonly string[], holdFor: number): Promise<unknown> {
    const pairs = keys.flatMap((key) => this.#pair(key));
    return DISCARD.run(client, pairs, [holdFor, this.channel, ...keys]);
  }

  #pair(key: string): readonly [value: string, lease: string] {
    return [this.keys.encode(key), this.keys.encodeLease(key)];
  }
}

/** In one write with whatever else is sent in this step of the event loop. */
function together(
  client: RedisClient,
  script: RedisScript,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  return sendTogether(masters(client), () => script.run(client, keys, args));
}

function inPartsOf<T>(size: number, items: readonly T[]): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
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
