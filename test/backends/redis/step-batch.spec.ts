import { beforeEach, describe, expect, it } from '@jest/globals';
import { inParts, StepBatch } from '../../../lib/backends/redis/step-batch.js';

type Send = (questions: readonly number[]) => Promise<readonly (string | Error)[]>;

let sent: (readonly number[])[];
let firsts: number;

beforeEach(() => {
  sent = [];
  firsts = 0;
});

function batchOf(answer: Send, weightOf?: (question: number) => number): StepBatch<number, string> {
  return new StepBatch<number, string>({
    onFirst: () => firsts++,
    send: (questions) => {
      sent.push(questions);
      return answer(questions);
    },
    weightOf,
  });
}

const echo: Send = async (questions) => questions.map(String);

describe('what is asked for in one step', () => {
  it('is sent when it is flushed, once, and each is given its own answer', async () => {
    const batch = batchOf(echo);
    const answers = [3, 1, 2, 1].map((question) => batch.ask(question));
    expect([sent, firsts]).toEqual([[], 1]);
    batch.flush();
    batch.flush();
    expect(sent).toEqual([[3, 1, 2, 1]]);
    expect(await Promise.all(answers)).toEqual(['3', '1', '2', '1']);
    const again = batch.ask(7);
    expect(firsts).toBe(2);
    batch.flush();
    expect(await again).toBe('7');
  });

  it('fails where its own answer is an error, and as a whole where there is no answer', async () => {
    const one = new Error('of one');
    const some = batchOf(async () => ['fine', one]);
    const answers = [some.ask(1), some.ask(2)];
    some.flush();
    expect(await Promise.allSettled(answers)).toEqual([
      { status: 'fulfilled', value: 'fine' },
      { status: 'rejected', reason: one },
    ]);
    const all = new Error('of all');
    const none = batchOf(() => Promise.reject(all));
    const lost = [none.ask(1), none.ask(2)];
    none.flush();
    expect(await Promise.allSettled(lost)).toEqual([
      { status: 'rejected', reason: all },
      { status: 'rejected', reason: all },
    ]);
  });

  it('is sent in parts where it is much, and a part that fails fails alone', async () => {
    const batch = batchOf(
      (questions) => (questions.includes(2) ? Promise.reject(new Error('no')) : echo(questions)),
      () => 40,
    );
    const answers = [1, 2, 3, 4, 5].map((question) => batch.ask(question));
    batch.flush();
    expect(sent).toEqual([[1, 2], [3, 4], [5]]);
    const outcomes = await Promise.allSettled(answers);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});

describe('parts', () => {
  it('weigh at most a hundred, but for one that weighs more by itself, and keep the order', () => {
    expect(inParts([])).toEqual([]);
    expect(inParts(Array.from({ length: 250 }, (_, n) => n)).map(({ length }) => length)).toEqual([
      100, 100, 50,
    ]);
    expect(inParts([60, 41, 500, 1, 99, 1], (weight) => weight)).toEqual([
      [60],
      [41],
      [500],
      [1, 99],
      [1],
    ]);
  });
});
