import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppProcess } from '../../../../test/support/app-process.js';
import type { InstanceState } from '../../src/instance-messages.js';
import type { ChangeReport } from '../../src/launcher/change-trial.js';
import type { SystemState } from '../../src/launcher/launcher.controller.js';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const POLL_MS = 20;
const GIVES_UP_AFTER = 40_000;

/** The sample, started as its user starts it, and asked as its page asks it. */
export class Launcher {
  private constructor(
    readonly app: AppProcess,
    readonly url: string,
  ) {}

  /** Starts it without waiting for an answer. */
  static startProcess(environment: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    return AppProcess.start(MAIN, environment);
  }

  static async start(): Promise<Launcher> {
    const app = await Launcher.startProcess();
    return new Launcher(app, await app.ready());
  }

  state(): Promise<SystemState> {
    return this.#ask<SystemState>('GET', 'state');
  }

  /** What each instance answers. */
  async states(): Promise<{ a: InstanceState; b: InstanceState }> {
    const [a, b] = (await this.state()).instances.map(({ state }) => state);
    if (!a || !b) throw new Error('an instance does not answer');
    return { a, b };
  }

  /** Waits for a state of both instances. */
  async until(holds: (states: { a: InstanceState; b: InstanceState }) => boolean): Promise<void> {
    const deadline = performance.now() + GIVES_UP_AFTER;
    for (;;) {
      // One that is slow for a moment does not answer.
      const states = await this.states().catch((error: unknown) => String(error));
      if (typeof states !== 'string' && holds(states)) return;
      if (performance.now() > deadline)
        throw new Error(`it has not come: ${JSON.stringify(states)}`);
      await sleep(POLL_MS);
    }
  }

  change(by: 'A' | 'B'): Promise<ChangeReport> {
    return this.#ask<ChangeReport>('PUT', `instances/${by}/change`);
  }

  async pauseRedis(): Promise<void> {
    await this.#ask('PUT', 'redis', { paused: true });
  }

  /** @returns how many milliseconds later the instances agreed */
  async resumeRedis(): Promise<number | null> {
    type Answer = { readonly agreedAfter: number | null };
    return (await this.#ask<Answer>('PUT', 'redis', { paused: false })).agreedAfter;
  }

  /** The processes that it has started, by their ids. */
  async startedProcesses(): Promise<readonly number[]> {
    const { redis, instances } = await this.state();
    return [redis.pid, ...instances.map(({ pid }) => pid ?? NaN)];
  }

  async #ask<T>(method: string, path: string, body: object = {}): Promise<T> {
    const response = await fetch(`${this.url}/${path}`, {
      method,
      ...(method === 'PUT' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
