/** Somebody waits for an answer. */
interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** How a batch is sent. */
export interface StepBatchOptions<Question, Answer> {
  /** Called with the first question of a step, to have `flush` called before the step ends. */
  readonly onFirst: () => void;
  /** Answers each of them, in their order; an `Error` is the failure of one. */
  readonly send: (questions: readonly Question[]) => Promise<readonly (Answer | Error)[]>;
  /** What a question counts of the 100 that are sent at once. Default: 1. */
  readonly weightOf?: (question: Question) => number;
}

/** Redis serves nobody else while it carries out one command. */
const MOST = 100;

/** Has what is asked for in one step of the event loop sent as one. */
export class StepBatch<Question, Answer> {
  #asked: Asked<Question, Answer>[] = [];

  constructor(private readonly options: StepBatchOptions<Question, Answer>) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) this.options.onFirst();
      this.#asked.push({ question, resolve, reject });
    });
  }

  /** Sends what has been asked. */
  flush(): void {
    if (this.#asked.length === 0) return;
    const asked = this.#asked;
    this.#asked = [];
    const { weightOf } = this.options;
    for (const part of inParts(asked, weightOf && (({ question }) => weightOf(question)))) {
      void this.#send(part);
    }
  }

  async #send(part: readonly Asked<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.options.send(part.map(({ question }) => question));
      for (const [index, { resolve, reject }] of part.entries()) {
        const answer = answers[index] as Answer | Error;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of part) reject(error);
    }
  }
}

/** @param weightOf what an item counts of the 100 of a part; one that counts more is a part of its own */
export function inParts<T>(
  items: readonly T[],
  weightOf: (item: T) => number = () => 1,
): (readonly T[])[] {
  const parts: T[][] = [];
  let weight = Infinity;
  for (const item of items) {
    const own = weightOf(item);
    if (weight + own > MOST) {
      parts.push([]);
      weight = 0;
    }
    parts.at(-1)?.push(item);
    weight += own;
  }
  return parts;
}
