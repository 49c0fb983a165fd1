import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TcpProxy } from '../../support/tcp-proxy.js';
import type { Order, Report, WorkerSettings } from '../worker/messages.js';

const WORKER = fileURLToPath(new URL('../worker/worker.ts', import.meta.url));
const LOADER = new URL('../typescript.mjs', import.meta.url).href;
const STARTS_WITHIN = 30_000;

/** A process with a cache, and the one way from it to Redis. */
export class Instance {
  #expectsEnd = false;
  #errors = '';

  private constructor(
    readonly name: string,
    readonly proxy: TcpProxy,
    private readonly child: ChildProcess,
  ) {
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-4000);
    });
  }

  /** @param onReport called for all that the instance reports */
  static async start(
    settings: Omit<WorkerSettings, 'url'>,
    redisPort: number,
    onReport: (instance: Instance, report: Report) => void,
  ): Promise<Instance> {
    const proxy = await TcpProxy.start(redisPort);
    const given: WorkerSettings = { ...settings, url: `redis://127.0.0.1:${proxy.port}` };
    const child = fork(WORKER, [JSON.stringify(given)], {
      execArgv: ['--import', LOADER],
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    const instance = new Instance(settings.instance, proxy, child);
    child.on('message', (report) => onReport(instance, report as Report));
    try {
      await instance.#hear('ready', STARTS_WITHIN);
      return instance;
    } catch (error) {
      await instance.kill();
      throw error;
    }
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What it printed as it ended by itself; `undefined` as long as it has not. */
  get failure(): string | undefined {
    if (this.alive || this.#expectsEnd) return undefined;
    return `${this.name} has ended by itself: ${this.#errors}`;
  }

  tell(order: Order): void {
    // The failure of sending is the end of the process, which is told otherwise.
    if (this.child.connected) this.child.send(order, () => undefined);
  }

  /** Tells it something, and waits for the answer, which may be `undefined` when it does not come in time. */
  async ask(order: Order, answer: Report['type'], within: number): Promise<Report | undefined> {
    const answered = this.#hear(answer, within);
    this.tell(order);
    return answered.catch(() => undefined);
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.#expectsEnd = true;
    if (this.alive) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    await this.proxy.close();
  }

  async stop(): Promise<void> {
    this.#expectsEnd = true;
    if (this.alive) {
      const exit = once(this.child, 'exit');
      const late = setTimeout(() => this.child.kill('SIGKILL'), 5000);
      this.tell({ type: 'stop' });
      await exit;
      clearTimeout(late);
    }
    await this.proxy.close();
  }

  /** Waits for a report. */
  #hear(type: Report['type'], within: number): Promise<Report> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(late);
        this.child.off('exit', onEnd);
        this.child.off('message', onMessage);
      };
      const onEnd = (): void => {
        settle();
        reject(new Error(`${this.name} has ended: ${this.#errors}`));
      };
      const onMessage = (message: unknown): void => {
        const report = message as Report;
        if (report.type !== type) return;
        settle();
        resolve(report);
      };
      const late = setTimeout(() => {
        settle();
        reject(new Error(`${this.name} does not answer`));
      }, within);
      this.child.once('exit', onEnd);
      this.child.on('message', onMessage);
    });
  }
}
