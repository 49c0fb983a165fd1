import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Order } from './orders.js';

const LOADER = new URL('../../coherence/typescript.mjs', import.meta.url).href;
const STARTS_WITHIN = 30_000;
const ANSWERS_WITHIN = 30_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type ArgumentsOf<M> = M extends (...args: infer A) => unknown ? A : never;
type ResultOf<M> = M extends (...args: never[]) => infer R ? Awaited<R> : never;

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program of TypeScript in a process of its own, whose methods can be called from here. */
export class Child<T extends object> {
  readonly exit: Promise<Exit>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #errors = '';
  #address = '';

  private constructor(
    private readonly name: string,
    private readonly process: ChildProcess,
  ) {
    process.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-4000);
    });
    process.on('message', (answer) => this.#hear(answer as Answer));
    this.exit = once(process, 'exit').then(([code, signal]) => {
      for (const { reject } of this.#waiting.values()) reject(this.#ended());
      this.#waiting.clear();
      return { code, signal };
    });
  }

  /**
   * Starts it, and waits until it is ready.
   *
   * @param file the program, which calls `serveOrders`
   * @param argument what it is given as JSON
   * @param flags of Node
   */
  static async start<T extends object>(
    file: URL,
    argument: unknown = null,
    flags: readonly string[] = [],
  ): Promise<Child<T>> {
    const process = fork(fileURLToPath(file), [JSON.stringify(argument)], {
      execArgv: ['--import', LOADER, ...flags],
      env: { PATH: globalThis.process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    const child = new Child<T>(file.pathname, process);
    try {
      await child.#settled(0, STARTS_WITHIN);
      return child;
    } catch (error) {
      await child.kill();
      throw error;
    }
  }

  get alive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Where it is. */
  get address(): string {
    return this.#address;
  }

  /** What it has printed as errors. */
  get errors(): string {
    return this.#errors;
  }

  /** Calls a method there. */
  async call<K extends keyof T & string>(
    name: K,
    ...args: ArgumentsOf<T[K]>
  ): Promise<ResultOf<T[K]>> {
    if (!this.alive || !this.process.connected) throw this.#ended();
    const id = ++this.#lastId;
    const answer = this.#settled(id, ANSWERS_WITHIN);
    const order: Order = { id, name, args };
    this.process.send(order, (error) => error && this.#waiting.get(id)?.reject(error));
    return (await answer) as ResultOf<T[K]>;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  async kill(): Promise<void> {
    if (this.alive) this.process.kill('SIGKILL');
    await this.exit;
  }

  async #settled(id: number, within: number): Promise<unknown> {
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        late = setTimeout(() => reject(new Error(`${this.name} does not answer`)), within);
      });
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }

  #hear(answer: Answer): void {
    if (answer.type === 'ready') {
      this.#address = answer.address;
      this.#waiting.get(0)?.resolve(undefined);
    } else if (answer.type === 'done') {
      this.#waiting.get(answer.id)?.resolve(answer.value);
    } else {
      this.#waiting.get(answer.id)?.reject(new Error(answer.error));
    }
  }

  #ended(): Error {
    return new Error(`${this.name} has ended: ${this.#errors}`);
  }
}
