import { types } from 'node:util';
import type { Clock, Timer } from '../../contract/clock.js';
import type { Proof } from './proof.js';
import { isBefore } from '../log-follower.js';
import type { RedisFollower } from './redis-follower.js';
import type { LogClient, RedisLog } from './redis-log.js';

/** How a session reaches the log. */
export interface SessionRoutes {
  readonly log: RedisLog;
  /** Asks the log, on the socket that listens if it takes commands. */
  readonly ask: <T>(question: (client: LogClient) => Promise<T>) => Promise<T>;
  /** Resolves when what was published before has arrived. */
  readonly settle: () => Promise<unknown>;
  /** Tells the lives of the masters, in a cluster. */
  readonly lives?: () => Promise<readonly string[]>;
  /** Tells the life of the server that answers commands, where the log is asked on another connection. */
  readonly dataLife?: () => Promise<string>;
  /** Gives up the connection. */
  readonly giveUp: () => void;
}

/**
 * One life of the connection that listens: it catches up at its beginning and whenever something is missing,
 * and proves at intervals that nothing is.
 */
export class BusSession {
  /** A new connection may have missed anything. */
  #mustCatchUp = true;
  /** Whether a server may have lost values since the question that has not been answered yet. */
  #isDistrusted = false;
  /** Those that the log was last known to know. */
  #lives: readonly string[] = [];
  #probes = 0;
  /** When the question was sent that has not been answered yet. */
  #busySince: number | undefined;
  #timer: Timer | undefined;
  #begunAt = -Infinity;
  #ended = false;

  constructor(
    private readonly routes: SessionRoutes,
    private readonly follower: RedisFollower,
    private readonly proof: Proof,
    private readonly clock: Clock,
    private readonly staleness: number,
  ) {}

  begin(): void {
    this.#begunAt = this.clock.now();
    this.#scheduleTick();
    this.prove();
  }

  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  /** Whether it is known of all servers that they have lost nothing. */
  get isSound(): boolean {
    return !this.#mustCatchUp;
  }

  /** A server may have lost values: nothing is proved until it is known to live the life that it did. */
  distrust(): void {
    this.#mustCatchUp = true;
    this.#isDistrusted = true;
    this.prove();
  }

  /** Asks the log now, unless it is being asked. */
  prove(): void {
    if (this.#busySince === undefined && !this.#ended) void this.#ask();
  }

  #scheduleTick(): void {
    this.#timer = this.clock.setTimer(this.staleness / 4, () => {
      this.#scheduleTick();
      this.prove();
      this.#checkSilence();
    });
  }

  #checkSilence(): void {
    const since = this.#busySince;
    if (since === undefined || this.clock.now() - since < 2 * this.staleness) return;
    // The answer may be there, unread, because this process was busy: what has arrived is read first.
    setImmediate(() => {
      if (this.#busySince === since && !this.#ended) this.routes.giveUp();
    });
  }

  async #ask(): Promise<void> {
    try {
      do {
        this.#busySince = this.clock.now();
        this.#isDistrusted = false;
        if (this.#mustCatchUp || this.follower.isBehind) await this.#catchUp();
        else await this.#probe();
      } while ((this.follower.isBehind || this.#isDistrusted) && !this.#ended);
    } catch (error) {
      // The end of the connection has an event of its own. What Redis refuses is tried again at the next tick.
      this.#mustCatchUp = true;
      if (isMoved(error) && !this.#ended) this.routes.giveUp();
      if (isOfReplica(error)) this.#leave();
    } finally {
      this.#busySince = undefined;
    }
  }

  async #catchUp(): Promise<void> {
    const { log, ask } = this.routes;
    const question = this.proof.ask();
    const lives = await this.routes.lives?.();
    const dataLife = await this.routes.dataLife?.();
    this.#lives = lives ?? [];
    this.#probes = 0;
    await ask((client) => this.follower.catchUp(log, client, () => !this.#ended, lives));
    if (this.#ended || this.follower.isBehind || this.#isDistrusted) return;
    if (areDifferent(dataLife, this.follower.life)) {
      this.#mustCatchUp = true;
      this.#leave();
      return;
    }
    this.#mustCatchUp = false;
    this.proof.accept(question);
  }

  /**
   * The connection leads to another server than the one that answers commands, or to a replica. A new one may lead to
   * the right server, but not before that is known: so it is not made at once, again and again.
   */
  #leave(): void {
    const isNew = this.clock.now() - this.#begunAt < this.staleness;
    if (!isNew && !this.#ended) this.routes.giveUp();
  }

  async #probe(): Promise<void> {
    const { log, ask, settle } = this.routes;
    const question = this.proof.ask();
    if (await this.#hasOtherLives()) {
      this.distrust();
      return;
    }
    const { known } = this.follower;
    const state = await ask((client) => log.state(client));
    await settle();
    if (this.#ended) return;
    const { stamp } = this.follower.log;
    if (state === undefined || state.epoch !== stamp.epoch || isBefore(state, known)) {
      this.#mustCatchUp = true;
      await this.#catchUp();
    } else if (state.position > stamp.position) {
      this.follower.miss();
    } else {
      this.proof.accept(question);
    }
  }

  /** Once per staleness: a replica to which there is a connection may have become a master without a sign. */
  async #hasOtherLives(): Promise<boolean> {
    if (this.routes.lives === undefined || ++this.#probes < 4) return false;
    this.#probes = 0;
    const lives = await this.routes.lives();
    return lives.some((life) => !this.#lives.includes(life));
  }
}

/** Servers that do not tell their lives are not told apart. */
function areDifferent(one = '', other = ''): boolean {
  return one !== '' && other !== '' && one !== other;
}

/** Old servers put it into an error of the script. */
function isOfReplica(error: unknown): boolean {
  return types.isNativeError(error) && error.message.includes('READONLY');
}

/** In a cluster, the log is at another node now: its slot has moved, or the node has become a replica. */
function isMoved(error: unknown): boolean {
  return types.isNativeError(error) && error.message.startsWith('MOVED ');
}
