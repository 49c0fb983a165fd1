import type { Stamp } from '../../contract/entry.js';
import { isBefore, LogFollower, type Arrival } from '../log-follower.js';
import { decodeMessage, type LoggedInvalidation } from './bus-message.js';
import type { LogClient, LogReading, RedisLog } from './redis-log.js';
import { hasUnknownLife } from './server-lives.js';

/** How many messages wait for a catch-up at most; what is lost beyond is in the log. */
const MAX_WAITING = 1_000;

/** A position in the log, with the id of the entry that stands there; '' when that is not known. */
interface Place {
  readonly stamp: Stamp;
  readonly id: string;
}

/** Follows the log in Redis: by its messages, and by what it holds where messages are missing. */
export class RedisFollower {
  readonly log = new LogFollower();
  /** Of the last entry that was applied; '' when it is not known. */
  #id = '';
  /** The latest position that the log has been heard to have, in whatever way. */
  #known: Stamp = { epoch: 0, position: 0 };
  /** Messages that cannot be applied until a catch-up tells what came before them. */
  #waiting: LoggedInvalidation[] = [];
  #life = '';
  #isInDoubt = true;
  #isAsking = false;
  readonly #counts = { gaps: 0, resyncs: 0, resets: 0, malformed: 0 };

  /** @param onProgress called after each step */
  constructor(private readonly onProgress: () => void) {}

  get id(): string {
    return this.#id;
  }

  get known(): Stamp {
    return this.#known;
  }

  /** Of the server that was asked last, where it holds values beside the log; '' where it does not tell. */
  get life(): string {
    return this.#life;
  }

  get counts(): Readonly<Record<'gaps' | 'resyncs' | 'resets' | 'malformed', number>> {
    return this.#counts;
  }

  /** The log was told to stand at `stamp`, by its keeper. */
  hear(stamp: Stamp): void {
    if (isBefore(this.#known, stamp)) this.#known = stamp;
  }

  /** Whether the log has to be asked before messages can be applied again. */
  get isBehind(): boolean {
    return this.#isInDoubt || this.#waiting.length > 0;
  }

  /** Messages are missing that were published long ago. */
  miss(): void {
    this.#counts.gaps++;
    this.#isInDoubt = true;
  }

  /** Takes a message that was published. */
  receive(text: string): void {
    const message = decodeMessage(text);
    if (message === undefined) {
      this.#counts.malformed++;
      this.#isInDoubt = true;
      return;
    }
    const arrival = this.#offer(message);
    if (arrival === 'applied' || arrival === 'known') return;
    // The first one that is ahead shows the gap, unless the answer that fills it is on its way.
    if (arrival === 'ahead' && !this.isBehind && !this.#isAsking) this.#counts.gaps++;
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(message);
  }

  /**
   * Asks the log what is missing here. Where the log has to be asked again, `isBehind` says so.
   *
   * @param isWanted whether the answer still counts when it comes
   * @param lives of the masters of a cluster: where the log does not know one, that one may have lost values
   */
  async catchUp(
    log: RedisLog,
    client: LogClient,
    isWanted: () => boolean,
    lives: readonly string[] = [],
  ): Promise<void> {
    this.#isAsking = true;
    try {
      await this.#catchUp(log, client, isWanted, lives);
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  async #catchUp(
    log: RedisLog,
    client: LogClient,
    isWanted: () => boolean,
    lives: readonly string[],
  ): Promise<void> {
    // Messages are applied meanwhile; the answer is about what was known when it was asked for.
    const from: Place = { stamp: this.log.stamp, id: this.#id };
    const known = this.#known;
    const earlier = this.#waiting.splice(0);
    this.#isInDoubt = false;
    const reading = await log.read(client, from.id);
    if (!isWanted()) return;
    const { stamp, life } = reading;
    this.#life = life;
    const isLost = stamp === undefined || isBefore(stamp, known) || isReplaced(from, reading);
    if (isLost || hasUnknownLife(life === '' ? lives : [life], reading.lives)) {
      this.#isInDoubt = true;
      await log.rotate(client, reading.epochText, known.epoch, lives);
      return;
    }
    this.hear(stamp);
    this.#advance(from, stamp, reading);
    this.onProgress();
    // What arrived before the log was asked is in the answer, or belongs to another log.
    for (const message of earlier) this.#offer(message);
    this.#offerWaiting();
  }

  #advance(from: Place, stamp: Stamp, reading: LogReading): void {
    if (stamp.epoch === from.stamp.epoch && isFound(from, reading)) {
      for (const invalidation of reading.missed) {
        if (invalidation === undefined) this.#counts.malformed++;
        else this.#offer(invalidation);
      }
      if (!isBefore(this.log.stamp, stamp)) {
        this.#counts.resyncs++;
        return;
      }
      if (reading.hasMore && isBefore(from.stamp, this.log.stamp)) {
        this.#isInDoubt = true;
        return;
      }
    }
    // The first time there is nothing to lose.
    if (from.stamp.epoch !== 0) this.#counts.resets++;
    if (isBefore(this.log.stamp, stamp)) {
      const { last } = reading;
      this.#id = last !== undefined && last.position === stamp.position ? last.id : '';
      this.log.restart(stamp);
    } else {
      this.log.restart(this.log.stamp);
    }
  }

  /** What arrived while the log was asked may be more than it knew. */
  #offerWaiting(): void {
    const { epoch } = this.log.stamp;
    this.#waiting = this.#waiting.filter((message) => {
      const arrival = this.#offer(message);
      return arrival === 'ahead' || (arrival === 'elsewhere' && message.stamp.epoch > epoch);
    });
  }

  #offer(message: LoggedInvalidation): Arrival {
    const arrival = this.log.offer(message);
    if (arrival === 'applied') {
      this.#id = message.id;
      this.hear(message.stamp);
      this.onProgress();
    }
    return arrival;
  }
}

/** The entry that was applied last is still in the log. */
function isFound({ stamp, id }: Place, { begin }: LogReading): boolean {
  return id !== '' && begin?.id === id && begin.position === stamp.position;
}

/** The log is of our epoch and reaches back to our position, but something else stands there. */
function isReplaced(from: Place, reading: LogReading): boolean {
  const { stamp, first } = reading;
  if (stamp?.epoch !== from.stamp.epoch || from.id === '') return false;
  if (first?.position === undefined || first.position > from.stamp.position) return false;
  return !isFound(from, reading);
}
