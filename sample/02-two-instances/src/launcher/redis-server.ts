import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureRedis } from '../../../../scripts/ensure-redis.mjs';

/**
 * Runs the program, tells its process id, and kills it when the standard input ends: when this process has
 * ended, in whatever way.
 */
const SUPERVISOR =
  '"$@" </dev/null 2>&1 & echo "$!"; exec >&-; read -r _; kill -KILL "$!" 2>/dev/null; wait';

const ATTEMPTS = 5;

/** How long it may take to end, in milliseconds; then it is killed. */
const ENDS_WITHIN = 5000;

/** A Redis server on the loopback address, which keeps nothing on disk and ends with this process at the latest. */
export class RedisServer {
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  readonly #shellEnded: Promise<unknown>;
  #output = '';
  #pid = 0;
  #paused = false;
  #hasEnded = false;

  private constructor(
    program: string,
    readonly port: number,
  ) {
    const fixed = `--port ${port} --bind 127.0.0.1 --appendonly no --dir`.split(' ');
    const settings = [...fixed, tmpdir(), '--save', ''];
    this.#shell = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', program, ...settings], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // An interrupt at the keyboard is for the launcher alone, which ends all in good order.
      detached: true,
    });
    this.#shell.stdout.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-10_000);
    });
    this.#shellEnded = once(this.#shell, 'exit');
    // The server alone holds this pipe open.
    this.#ended = this.#watch();
  }

  /** Installs Redis where there is none and that can be done. */
  static async start(): Promise<RedisServer> {
    const program = ensureRedis();
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(program, await freePort());
      if (await server.#isReady()) return server;
      // Somebody else may have taken the port since it was found to be free.
      if (attempt === ATTEMPTS || !server.#output.includes('already in use')) {
        throw new Error(`The Redis server does not start:\n${server.#output}`);
      }
    }
  }

  get pid(): number {
    return this.#pid;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it has ended, in whatever way. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Freezes it: the system still takes connections and data for it, but nothing is answered. */
  pause(): void {
    this.#signal('SIGSTOP');
    this.#paused = true;
  }

  resume(): void {
    this.#signal('SIGCONT');
    this.#paused = false;
  }

  async end(): Promise<void> {
    this.resume();
    this.#signal('SIGTERM');
    await Promise.race([this.#ended, sleep(ENDS_WITHIN, undefined, { ref: false })]);
    this.#shell.stdin.destroy();
    await this.#shellEnded;
  }

  async #watch(): Promise<void> {
    await once(this.#shell.stdout, 'end');
    this.#hasEnded = true;
    this.#shell.stdin.destroy();
  }

  #signal(name: NodeJS.Signals): void {
    if (!this.#hasEnded) process.kill(this.#pid, name);
  }

  /** @returns whether it answers; else it has ended */
  async #isReady(): Promise<boolean> {
    const ready = new Promise<boolean>((resolve) => {
      this.#shell.stdout.on('data', () => {
        if (this.#output.includes('Ready to accept connections')) resolve(true);
      });
    });
    const isReady = await Promise.race([ready, this.#ended.then(() => false)]);
    this.#pid = Number(/^\d+$/m.exec(this.#output)?.[0]);
    return isReady;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
