import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type {
  ChangeMade,
  InstanceMessage,
  InstanceState,
  WatchEnded,
} from '../instance-messages.js';

const MAIN = resolve(import.meta.dirname, '../instance/main.js');

/** How long an instance may take to answer or to end, in milliseconds. */
const ANSWERS_WITHIN = 10_000;
const ENDS_WITHIN = 5000;

/** One instance of the app, in a process of its own that ends with this one at the latest. */
export class InstanceProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #url: Promise<string>;

  /**
   * @param environment REDIS_URL and STORE_URL
   * @param onHappened told, in plain words, what befalls its cache
   */
  constructor(
    readonly name: string,
    environment: Readonly<Record<string, string>>,
    onHappened: (text: string) => void,
  ) {
    this.#child = fork(MAIN, [], {
      env: { ...process.env, ...environment },
      // An interrupt at the keyboard is for the launcher alone, which ends all in good order.
      detached: true,
    });
    this.#ended = once(this.#child, 'exit');
    this.#url = new Promise((found) => {
      this.#child.on('message', (message: InstanceMessage) => {
        if (message.type === 'ready') found(message.url);
        else onHappened(message.text);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when it has ended, in whatever way. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Waits until it answers requests. */
  async ready(): Promise<void> {
    await this.#url;
  }

  state(): Promise<InstanceState> {
    return this.#ask<InstanceState>('GET', 'state');
  }

  change(euros: number): Promise<ChangeMade> {
    return this.#ask<ChangeMade>('POST', 'changes', { euros });
  }

  beginWatch(): Promise<unknown> {
    return this.#ask('POST', 'watch/begin', {});
  }

  /** @param limit how long to wait for another price, in milliseconds */
  endWatch(limit: number): Promise<WatchEnded> {
    return this.#ask<WatchEnded>('POST', 'watch/end', { limit });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ENDS_WITHIN);
    await this.#ended;
    clearTimeout(timer);
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${await this.#url}/${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWERS_WITHIN),
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Instance ${this.name} answers ${path} with: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
