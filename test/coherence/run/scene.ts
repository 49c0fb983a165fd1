import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '../../support/redis-server.js';
import { Origin } from '../origin.js';
import type { Report } from '../worker/messages.js';
import { Book } from './book.js';
import { Instance } from './instance.js';
import type { RunOptions } from './run-options.js';

/** The server, the instances and the origin of a run. */
export class Scene {
  readonly instances: Instance[] = [];
  readonly failures: string[] = [];
  readonly #counts = new Map<string, Readonly<Record<string, number>>>();
  #replacements = 0;

  private constructor(
    readonly options: RunOptions,
    readonly server: RedisServer,
    readonly book: Book,
    private readonly origin: Origin,
    private readonly directory: string,
  ) {}

  static async set(options: RunOptions): Promise<Scene> {
    const directory = mkdtempSync(join(tmpdir(), 'coherence-'));
    const origin = Origin.create(join(directory, 'origin'), options.keys);
    const book = new Book(origin, options.keys);
    const server = await RedisServer.start();
    const scene = new Scene(options, server, book, origin, directory);
    try {
      const names = Array.from({ length: options.instances }, (_, index) => `${index + 1}`);
      scene.instances.push(...(await Promise.all(names.map((name) => scene.#start(name)))));
      return scene;
    } catch (error) {
      await scene.strike();
      throw error;
    }
  }

  /** Sums of what the instances count, those that have died included. */
  get counts(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const counts of this.#counts.values()) {
      for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
    }
    return sums;
  }

  /** Kills an instance; another process takes its place. */
  async replace(instance: Instance): Promise<void> {
    const place = this.instances.indexOf(instance);
    await instance.kill();
    this.book.lost(instance.name);
    const [base = ''] = instance.name.split('.');
    this.instances[place] = await this.#start(`${base}.${++this.#replacements}`);
  }

  /** Ends all there is. */
  async strike(): Promise<void> {
    for (const { failure } of this.instances)
      if (failure !== undefined) this.failures.push(failure);
    await Promise.all(this.instances.map((instance) => instance.stop()));
    await this.server.stop();
    this.origin.close();
    rmSync(this.directory, { recursive: true });
  }

  #start(name: string): Promise<Instance> {
    const { seed, subject, without, keys, staleness, whenUnverified, maxUnverified, readers } =
      this.options;
    return Instance.start(
      {
        instance: name,
        seed: `${seed}`,
        subject,
        without,
        originPath: join(this.directory, 'origin'),
        keys,
        staleness,
        whenUnverified,
        maxUnverified,
        readers,
      },
      this.server.port,
      (instance, report) => this.#hear(instance, report),
    );
  }

  #hear(instance: Instance, report: Report): void {
    if (report.type === 'began') this.book.began(report.id, report.start);
    if (report.type !== 'history') return;
    this.book.reads(report.reads);
    for (const write of report.writes) this.book.settles(write);
    this.#counts.set(instance.name, report.counts);
  }
}
