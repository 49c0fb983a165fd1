import type { Read } from '../history/history.js';
import type { Report, SettledWrite } from './messages.js';

const EVERY = 50;

/** Collects what happens in an instance, and reports it in parcels. */
export class Recorder {
  #reads: Read[] = [];
  #writes: SettledWrite[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly send: (report: Report) => void,
    private readonly counts: () => Readonly<Record<string, number>>,
  ) {
    this.#timer = setInterval(() => this.flush(), EVERY);
  }

  read(read: Read): void {
    this.#reads.push(read);
  }

  write(write: SettledWrite): void {
    this.#writes.push(write);
  }

  flush(): void {
    const [reads, writes] = [this.#reads, this.#writes];
    this.#reads = [];
    this.#writes = [];
    this.send({ type: 'history', reads, writes, counts: this.counts() });
  }

  end(): void {
    clearInterval(this.#timer);
    this.flush();
  }
}
