import autocannon, { type Client } from 'autocannon';
import { monotonicNow } from '../../coherence/monotonic-now.js';
import type { Lanes, Question } from './lanes.js';
import type { LaneName, LoadError, LoadErrorKind } from './load-orders.js';

/** Nobody stays for so long, in seconds. */
const LONGEST = 3600;

/** Where visitors note what they were answered. */
export interface VisitorNotes {
  answered(lane: LaneName, at: number, took: number): void;
  failed(error: LoadError): void;
}

/** One connection, on which one request follows the other. */
export class Visitor {
  #client: Client | undefined;
  #under: { readonly question: Question; readonly since: number } | undefined;
  #isLeaving = false;
  #left: PromiseLike<unknown> | undefined;

  constructor(
    private readonly lane: LaneName,
    private readonly lanes: Lanes,
    private readonly notes: VisitorNotes,
    /** A request that is not answered within so many seconds has failed. */
    private readonly timeout: number,
  ) {}

  begin(url: string): void {
    this.#left = autocannon({
      url,
      timeout: this.timeout,
      connections: 1,
      duration: LONGEST,
      sampleInt: 50,
      requests: [
        {
          setupRequest: (request) => {
            const { method, path } = this.#ask();
            return { ...request, method, path };
          },
          onResponse: (status, body) => this.#answer(status, body),
        },
      ],
      setupClient: (client) => this.#watch(client),
    });
  }

  /** Waits for the answer of what is under way. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    if (this.#client !== undefined) this.#client.responseMax = 1;
    await this.#left;
  }

  #watch(client: Client): void {
    this.#client = client;
    client.on('connError', (error: NodeJS.ErrnoException) => {
      const isRefused = error.code === 'ECONNREFUSED';
      this.#fail(isRefused ? 'refused' : 'lost', error.message);
      // It would try again at once, and for ever.
      if (isRefused) client.responseMax = 1;
    });
  }

  #ask(): Question {
    const now = monotonicNow();
    // Asked for the next one although there was no answer: the client has given up, or the connection has ended.
    if (this.#under !== undefined) {
      const isLate = now - this.#under.since >= this.timeout * 1000;
      this.#fail(isLate ? 'timeout' : 'lost', `no answer to ${this.#under.question.path}`);
    }
    const question = this.lanes.next(this.lane);
    this.#under = { question, since: now };
    return question;
  }

  #answer(status: number, body: string): void {
    const under = this.#under;
    if (under === undefined) return;
    this.#under = undefined;
    const at = monotonicNow();
    this.notes.answered(this.lane, at, at - under.since);
    const problem = under.question.judge(status, body);
    if (problem === undefined) return;
    this.notes.failed({
      kind: problem,
      lane: this.lane,
      at,
      detail: `${under.question.path} answered ${status} ${body.slice(0, 100)}`,
    });
  }

  #fail(kind: LoadErrorKind, detail: string): void {
    // A connection that has nothing under way may end.
    if (this.#under === undefined && this.#isLeaving) return;
    this.#under = undefined;
    this.notes.failed({ kind, lane: this.lane, at: monotonicNow(), detail });
  }
}
