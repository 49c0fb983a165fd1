import type { LaneName, LoadErrorKind, LoadSettings } from './load-orders.js';
import { Zipf } from './zipf.js';

/** A request, and what its answer has to be like. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** @returns what is wrong with the answer */
  judge(status: number, body: string): LoadErrorKind | undefined;
}

/** The answers begin so; the rest is text. */
const ANSWER = /^\{"key":"([^"]*)","version":(\d+)/;

/** Makes the requests of all lanes. */
export class Lanes {
  readonly #zipf: Zipf;
  /** The versions of which the client was told that they are written. */
  readonly #written = new Map<string, number>();
  #hot = 0;
  #misses = 0;
  /** Keys that no other run has asked for. */
  readonly #run = `${Date.now()}`;

  constructor(private readonly settings: Pick<LoadSettings, 'hotKeys' | 'mixKeys'>) {
    this.#zipf = new Zipf(settings.mixKeys);
  }

  next(lane: LaneName): Question {
    if (lane === 'hot') return this.#read(`hot:${this.#hot++ % this.settings.hotKeys}`);
    if (lane === 'mix') return this.#read(`mix:${this.#zipf.next()}`);
    if (lane === 'miss') return this.#read(`miss:${this.#run}-${this.#misses++}`);
    return this.#write(`${Math.floor(Math.random() * this.settings.mixKeys)}`);
  }

  #read(key: string): Question {
    // What is written while the request is under way may be answered or not.
    const floor = this.#written.get(key) ?? 0;
    return {
      method: 'GET',
      path: `/${key.replace(':', '/')}`,
      judge: (status, body) => judge(status, body, key, floor),
    };
  }

  #write(id: string): Question {
    const key = `mix:${id}`;
    return {
      method: 'POST',
      path: `/write/${id}`,
      judge: (status, body) => {
        const version = Number(ANSWER.exec(body)?.[2]);
        const problem = judge(status, body, key, 0);
        if (problem === undefined) {
          this.#written.set(key, Math.max(version, this.#written.get(key) ?? 0));
        }
        return problem;
      },
    };
  }
}

function judge(
  status: number,
  body: string,
  key: string,
  floor: number,
): LoadErrorKind | undefined {
  if (status < 200 || status > 299) return 'status';
  const [, answered, version] = ANSWER.exec(body) ?? [];
  if (answered !== key) return 'wrong';
  return Number(version) < floor ? 'old' : undefined;
}
