import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findRedisServer, INSTALL_HINT } from '../../scripts/ensure-redis.mjs';
import { freePort } from './free-port.js';
import { SupervisedProcess } from './supervised-process.js';

export interface RedisServerOptions {
  /** More arguments for the server, such as `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[];
  /** Default: one that is free. */
  readonly port?: number;
  readonly password?: string;
}

const STARTS_WITHIN = 30_000;
const ATTEMPTS = 5;

/** A real server on the loopback address, which keeps nothing on disk unless it is asked to. */
export class RedisServer {
  #process: SupervisedProcess | undefined;

  private constructor(
    readonly port: number,
    readonly password: string | undefined,
    /** Where it runs; removed when it is stopped. */
    readonly directory: string,
    private readonly args: readonly string[],
  ) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const { args = [], password } = options;
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (await freePort());
      const directory = await mkdtemp(join(tmpdir(), 'redis-server-'));
      const server = new RedisServer(port, password, directory, args);
      try {
        await server.#launch();
        return server;
      } catch (error) {
        await server.stop();
        // Somebody else may have taken the port since it was found to be free.
        const taken = options.port === undefined && String(error).includes('already in use');
        if (!taken || attempt === ATTEMPTS) throw error;
      }
    }
  }

  get url(): string {
    const login = this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`;
    return `redis://${login}127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.#process === undefined || this.#process.ended)
      throw new Error('the server is not running');
    return this.#process.pid;
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    await this.#process?.end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Ends it as a crash would: connections are reset, nothing is saved. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** Freezes it: the system still takes connections and data for it, but nothing is answered. */
  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** Stores what the server holds now. @returns the path of the snapshot, for `restart` */
  async snapshot(): Promise<string> {
    await this.call('SAVE');
    const path = join(this.directory, `snapshot-${Date.now()}-${Math.random()}.rdb`);
    await copyFile(join(this.directory, 'dump.rdb'), path);
    return path;
  }

  /** Starts it on the same port, after ending it if it runs; empty, or with what the snapshot holds. */
  async restart(options: { readonly snapshot?: string } = {}): Promise<void> {
    await this.kill();
    const dump = join(this.directory, 'dump.rdb');
    await rm(dump, { force: true });
    if (options.snapshot !== undefined) await copyFile(options.snapshot, dump);
    await this.#launch();
  }

  /** Runs one command on a connection of its own. */
  async call(command: string, ...args: (string | number | Buffer)[]): Promise<unknown> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.port,
      password: this.password,
      lazyConnect: true,
      // A server that loads its data can be asked for how long it will.
      enableReadyCheck: false,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(command, ...args);
    } finally {
      // A client that has ended would still set a timer.
      if (client.status !== 'end') client.disconnect();
    }
  }

  async #launch(): Promise<void> {
    const binary = findRedisServer();
    if (binary === undefined) throw new Error(INSTALL_HINT);
    const fixed = `--port ${this.port} --bind 127.0.0.1 --appendonly no`.split(' ');
    const login = this.password === undefined ? [] : ['--requirepass', this.password];
    const args = [...fixed, '--dir', this.directory, '--save', '', ...login, ...this.args];
    const running = await SupervisedProcess.start(binary, args);
    this.#process = running;
    const deadline = Date.now() + STARTS_WITHIN;
    while (!(await this.#answers())) {
      if (running.ended || Date.now() > deadline) {
        throw new Error(`the Redis server does not start:\n${running.output}`);
      }
      await sleep(10);
    }
  }

  /** Whether this very process answers, and not another on a port that has been taken meanwhile. */
  async #answers(): Promise<boolean> {
    return this.call('INFO', 'server').then(
      (info) => String(info).includes(`process_id:${this.#process?.pid}\r`),
      () => false,
    );
  }
}
