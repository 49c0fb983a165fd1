import { checkedKeys, type CheckedKey } from '../checked-key.js';
import { monotonicNow } from '../monotonic-now.js';
import { Origin } from '../origin.js';
import { Random } from '../random.js';
import { makeSubject } from '../subjects/make-subject.js';
import type { Subject, Versioned } from '../subjects/subject.js';
import type { Write } from '../write.js';
import { OriginLoader } from './loader.js';
import type { Order, Report, WorkerSettings } from './messages.js';
import { Readers } from './readers.js';
import { Recorder } from './recorder.js';

/** One instance of an application: a process with a cache of its own, that reads, and writes when it is told. */
class Worker {
  readonly #random: Random;
  readonly #keys: readonly CheckedKey[];
  readonly #loader: OriginLoader;
  readonly #readers: Readers;
  readonly #recorder: Recorder;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: WorkerSettings,
    private readonly subject: Subject,
  ) {
    const { instance, seed, staleness } = settings;
    this.#random = new Random(seed).fork(instance);
    this.#keys = checkedKeys(settings.keys);
    const origin = Origin.open(settings.originPath);
    this.#loader = new OriginLoader(origin, this.#random.fork('loader'), staleness);
    this.#recorder = new Recorder(report, () => this.#counts());
    this.#readers = new Readers(
      instance,
      this.#keys,
      subject,
      (key) => this.#loader.load(key),
      this.#recorder,
    );
  }

  begin(): void {
    const { readers } = this.settings;
    this.#reading = Promise.all(
      Array.from({ length: readers }, (_, reader) =>
        this.#readers.run(this.#random.fork(`reader ${reader}`)),
      ),
    );
  }

  async obey(order: Order): Promise<void> {
    switch (order.type) {
      case 'write':
        return this.#write(order.id, order.write);
      case 'load':
        return this.#dieLoading(order.key);
      case 'rest':
        return this.#readers.rest();
      case 'ask':
        return report({ type: 'answer', settled: this.subject.isSettled() });
      case 'readAll':
        return this.#readAll();
      case 'stop':
        return this.#stop();
    }
  }

  async #write(id: number, write: Write): Promise<void> {
    const start = monotonicNow();
    report({ type: 'began', id, start });
    try {
      await this.subject.write(write);
      this.#recorder.write({ id, start, end: monotonicNow(), outcome: 'resolved' });
    } catch (error) {
      const end = monotonicNow();
      const outcome = this.subject.outcomeOf(error);
      this.#recorder.write({ id, start, end, outcome, error: String(error) });
    }
  }

  async #dieLoading(index: number): Promise<void> {
    const key = this.#keys[index];
    if (key === undefined) return;
    // Whether that succeeds or not: the key should not be held.
    await this.subject.write({ kind: 'remove', keys: [index] }).catch(() => undefined);
    await this.subject.read([key], 'getOrCompute', loadForEver);
  }

  async #readAll(): Promise<void> {
    this.#readers.rest();
    for (const key of this.#keys) await this.#readers.read([key], 'getOrCompute');
    this.#recorder.flush();
    report({ type: 'hasReadAll' });
  }

  async #stop(): Promise<void> {
    this.#readers.rest();
    this.#recorder.end();
    await Promise.race([this.#reading, new Promise((resolve) => setTimeout(resolve, 1000))]);
    await this.subject.close();
    process.exit(0);
  }

  #counts(): Readonly<Record<string, number>> {
    return {
      loads: this.#loader.loads,
      failedReads: this.#readers.failed,
      ...this.subject.counts(),
    };
  }
}

function loadForEver(): Promise<Versioned> {
  report({ type: 'loading' });
  return new Promise(() => undefined);
}

function report(message: Report): void {
  // The coordinator may be gone: then this process is about to end too.
  if (process.connected) process.send?.(message);
}

process.on('disconnect', () => process.exit(1));
const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
const worker = new Worker(settings, await makeSubject(settings));
process.on('message', (order) => void worker.obey(order as Order));
report({ type: 'ready' });
worker.begin();
