import { retryDelay } from '../../backends/redis/retry-delay.js';
import type { Clock, Timer } from '../../contract/clock.js';
import { speaksResp3, type SubscriberClient } from './subscriber-client.js';

/** What happens to the connection of a bus. */
export interface BusConnectionEvents {
  /** Messages arrive from now on. @param takesCommands whether the same socket takes commands too */
  opened(client: SubscriberClient, takesCommands: boolean): void;
  message(channel: string, text: string): void;
  /** The connection, or an attempt to make it, has ended; another attempt follows. */
  closed(): void;
}

/** An attempt that has taken so long may never succeed, in milliseconds. */
const SILENCE = 200;

/** The connection on which a bus listens, made anew for ever, each time by a fresh client. */
export class BusConnection {
  #client: SubscriberClient | undefined;
  #failures = 0;
  #retry: Timer | undefined;
  #limit: Timer | undefined;
  #isOpening = false;
  /** When the last attempt began. */
  #triedAt = -Infinity;
  #closing: Promise<void> | undefined;

  /** @param patience how long an attempt may take, in milliseconds */
  constructor(
    private readonly make: () => Promise<SubscriberClient>,
    private readonly channels: readonly string[],
    private readonly events: BusConnectionEvents,
    private readonly clock: Clock,
    private readonly patience: number,
  ) {}

  async open(): Promise<void> {
    let client: SubscriberClient;
    try {
      client = await this.make();
    } catch {
      // Its options are those of the data connection, which tells what is wrong with them.
      this.#retryLater();
      return;
    }
    if (this.#closing !== undefined) return;
    this.#client = client;
    this.#isOpening = true;
    this.#triedAt = this.clock.now();
    this.#limit = this.clock.setTimer(this.patience, () => this.#lose(client));
    // The reason is of no use here: it is tried again, and commands on the data connection tell it.
    client.on('error', () => undefined);
    client.on('close', () => this.#lose(client));
    client.on('end', () => this.#lose(client));
    client.on('message', (channel, text) => {
      if (this.#client === client) this.events.message(channel, text);
    });
    try {
      await client.connect();
      const takesCommands = await speaksResp3(client);
      await client.subscribe(...this.channels);
      if (this.#client !== client) return;
      this.#isOpening = false;
      this.#limit.cancel();
      this.#failures = 0;
      this.events.opened(client, takesCommands);
    } catch {
      this.#lose(client);
    }
  }

  /** Gives up the connection, on which nothing arrives any more, and makes another. */
  restart(): void {
    if (this.#client !== undefined) this.#lose(this.#client);
  }

  /**
   * Another connection to the server has been made: an attempt that would be made later is made now, in the place of
   * one that has been silent for a while, which may be of before the server was in order.
   */
  retryNow(): void {
    if (this.#closing !== undefined) return;
    const isSilent = this.#isOpening && this.clock.now() - this.#triedAt >= SILENCE;
    // It has not failed: whoever waits for the first attempt waits for the one in its place.
    if (isSilent) this.#drop();
    if (isSilent || this.#retry !== undefined) this.#tryAgain();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  #lose(client: SubscriberClient): void {
    if (this.#client !== client) return;
    this.#drop();
    this.#retryLater();
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#isOpening = false;
    this.#limit?.cancel();
    if (client !== undefined) end(client);
  }

  #retryLater(): void {
    if (this.#closing !== undefined) return;
    this.#retry = this.clock.setTimer(retryDelay(this.#failures++), () => this.#tryAgain());
    this.events.closed();
  }

  #tryAgain(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    void this.open();
  }

  async #end(): Promise<void> {
    this.#retry?.cancel();
    this.#limit?.cancel();
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined || client.status === 'end' || client.status === 'wait') return;
    await new Promise<void>((resolve) => {
      const limit = this.clock.setTimer(this.patience, resolve);
      client.once('end', () => {
        limit.cancel();
        resolve();
      });
      end(client);
    });
  }
}

function end(client: SubscriberClient): void {
  // A client that has ended would still set a timer.
  if (client.status !== 'end') client.disconnect();
  client.stream?.destroy();
}
