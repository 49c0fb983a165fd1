import { describe, expect, it } from '@jest/globals';
import { Lanes } from './lanes.js';

/** Of one key each, so that it is known what is asked for. */
function lanes(): Lanes {
  return new Lanes({ hotKeys: 1, mixKeys: 1 });
}

function answer(key: string, version: number): string {
  return JSON.stringify({ key, version, text: 'a value' });
}

describe('an answer', () => {
  it('is right with the key that was asked for', () => {
    const question = lanes().next('hot');

    expect(question).toMatchObject({ method: 'GET', path: '/hot/0' });
    expect(question.judge(200, answer('hot:0', 0))).toBeUndefined();
  });

  it('is wrong with another key, or with what is no answer of the app', () => {
    const question = lanes().next('mix');

    expect(question.judge(200, answer('mix:1', 0))).toBe('wrong');
    expect(question.judge(200, '{}')).toBe('wrong');
    expect(question.judge(200, '')).toBe('wrong');
  });

  it('that is not 2xx is an error', () => {
    expect(lanes().next('miss').judge(503, '')).toBe('status');
    expect(lanes().next('write').judge(500, '')).toBe('status');
  });

  it('is old if it was written over before it was asked for, and not if only meanwhile', () => {
    const visits = lanes();
    const before = visits.next('mix');
    expect(visits.next('write').judge(201, answer('mix:0', 3))).toBeUndefined();
    const after = visits.next('mix');

    expect(before.judge(200, answer('mix:0', 2))).toBeUndefined();
    expect(after.judge(200, answer('mix:0', 2))).toBe('old');
    expect(after.judge(200, answer('mix:0', 3))).toBeUndefined();
  });

  it('to a miss is of a key that nobody has asked for before', () => {
    const visits = lanes();

    expect(visits.next('miss').path).not.toBe(visits.next('miss').path);
  });
});
