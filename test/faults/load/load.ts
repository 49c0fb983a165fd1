import { serveOrders } from '../process/serve-orders.js';
import { Lanes } from './lanes.js';
import type {
  Lanes as LaneCounts,
  LaneName,
  LaneRecord,
  LoadError,
  LoadOrders,
  LoadRecord,
  LoadSettings,
} from './load-orders.js';
import { Visitor, type VisitorNotes } from './visitor.js';

/** How many errors are told; the others are like them. */
const MOST_ERRORS = 100_000;

/** The visitors of the app: they live in a process of their own, so that their work does not blur the figures. */
class Load implements LoadOrders, VisitorNotes {
  #visitors: Visitor[] = [];
  #errors: LoadError[] = [];
  #answers = noAnswers();

  begin({ url, lanes, timeout, ...keys }: LoadSettings): void {
    this.#errors = [];
    this.#answers = noAnswers();
    const requests = new Lanes(keys);
    for (const [lane, count] of Object.entries(lanes) as [LaneName, number][]) {
      for (let index = 0; index < count; index++) {
        const visitor = new Visitor(lane, requests, this, timeout);
        this.#visitors.push(visitor);
        visitor.begin(url);
      }
    }
  }

  answers(): LaneCounts {
    const { hot, mix, miss, write } = this.#answers;
    return {
      hot: hot.at.length,
      mix: mix.at.length,
      miss: miss.at.length,
      write: write.at.length,
    };
  }

  async end(): Promise<LoadRecord> {
    await Promise.all(this.#visitors.splice(0).map((visitor) => visitor.leave()));
    const { hot, mix, miss, write } = this.#answers;
    return {
      lanes: { hot: pack(hot), mix: pack(mix), miss: pack(miss), write: pack(write) },
      errors: this.#errors,
    };
  }

  answered(lane: LaneName, at: number, took: number): void {
    const answers = this.#answers[lane];
    answers.at.push(at);
    answers.took.push(took);
  }

  failed(error: LoadError): void {
    if (this.#errors.length < MOST_ERRORS) this.#errors.push(error);
  }
}

interface Answers {
  readonly at: number[];
  readonly took: number[];
}

function noAnswers(): Record<LaneName, Answers> {
  return { hot: none(), mix: none(), miss: none(), write: none() };
}

function none(): Answers {
  return { at: [], took: [] };
}

function pack({ at, took }: Answers): LaneRecord {
  return { at: Float64Array.from(at), took: Float64Array.from(took) };
}

serveOrders(new Load());
