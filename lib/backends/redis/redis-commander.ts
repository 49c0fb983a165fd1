import type { Clock } from '../../contract/clock.js';
import { BackendTimeoutError, TooManyCallsError } from '../../contract/errors.js';
import type { RedisClient } from './redis-client.js';
import type { RedisFailures } from './redis-failures.js';
import type { RedisLink } from './redis-link.js';

/** How many calls may be without an answer after their time; each keeps its commands in the client. */
const MOST_UNANSWERED = 1000;

/**
 * Sends commands, each with a limited time, and turns all that goes wrong into this library's errors. While too many
 * that were sent are without an answer long after their time, no more are sent: a client that was given goes on waiting
 * for each of them, for as long as its connection lasts.
 */
export class RedisCommander {
  #unanswered = 0;
  /** How many calls wait for their answers. */
  #underWay = 0;
  #waiting = new Set<() => void>();
  /** How many calls wait for a connection. */
  #opening = 0;

  constructor(
    private readonly backend: string,
    private readonly link: RedisLink,
    private readonly failures: RedisFailures,
    private readonly clock: Clock,
    private readonly timeout: number,
  ) {}

  /**
   * Calls back before the next command is sent, so that what is put off to be sent with more of its kind still comes
   * before what is sent after it. At the latest it does so when all is done that this step of the event loop has set
   * going; and where an answer is awaited, when the loop has turned: calls that are under way by turns come together
   * (as by Nagle's algorithm, RFC 896).
   */
  beforeNext(send: () => void): void {
    if (this.#waiting.size === 0) {
      const sendWaiting = (): void => this.#sendWaiting();
      if (this.#underWay === 0) process.nextTick(sendWaiting);
      else setImmediate(sendWaiting);
    }
    this.#waiting.add(send);
  }

  /** Whether there are calls that are sent later than what is sent now, although they were made before. */
  get hasUnsent(): boolean {
    return this.#opening > 0;
  }

  /** What Redis says that went wrong with a part of a command, as an error of this library. */
  refusal(operation: string, message: string): Error {
    return this.failures.toError(operation, new Error(message));
  }

  /**
   * What `read` makes of the reply to the commands that `send` sends.
   *
   * @param read must not throw
   * @param open brings the connection where there is none; by default, what `open` of the link brings
   */
  run<Reply, T>(
    operation: string,
    send: (client: RedisClient) => Promise<Reply>,
    read: (reply: Reply) => T,
    open: () => Promise<RedisClient> = () => this.link.open(),
  ): Promise<T> {
    if (this.#waiting.size > 0) this.#sendWaiting();
    if (this.#unanswered >= MOST_UNANSWERED) {
      return Promise.reject(new TooManyCallsError(this.backend, operation, MOST_UNANSWERED));
    }
    return new Promise((resolve, reject) => {
      const { link } = this;
      let waiting = true;
      let sent = false;
      this.#underWay++;

      const expire = (): void => {
        if (!waiting) return;
        waiting = false;
        this.#underWay--;
        if (sent) {
          this.#unanswered++;
          link.timedOut();
        }
        reject(new BackendTimeoutError(this.backend, operation, this.timeout));
      };
      // The answer may be there, unread, because this process was busy: what has arrived is read first.
      const timer = this.clock.setTimer(this.timeout, () => setImmediate(expire));

      const end = (): void => {
        if (waiting) this.#underWay--;
        else if (sent) this.#unanswered--;
        waiting = false;
        timer.cancel();
      };
      const succeed = (reply: Reply): void => {
        end();
        resolve(read(reply));
      };
      const fail = (error: unknown): void => {
        end();
        reject(this.failures.toError(operation, error));
      };
      const sendTo = (client: RedisClient): void => {
        if (!waiting) return;
        sent = true;
        try {
          send(client).then(succeed, fail);
        } catch (error) {
          fail(error);
        }
      };
      const refuse = (reason: unknown): void => {
        end();
        reject(this.failures.notConnected(operation, reason));
      };

      if (link.ready !== undefined) {
        sendTo(link.ready);
        return;
      }
      this.#opening++;
      const opened = (): void => void this.#opening--;
      const opening = open();
      opening.then(opened, opened);
      opening.then(sendTo, refuse);
    });
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const send of waiting) send();
  }
}
