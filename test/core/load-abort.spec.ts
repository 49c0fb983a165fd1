import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LoadAbort } from '../../lib/core/loading/load-abort.js';
import { settle } from './helpers.js';

const reason = new Error('too late');

afterEach(() => {
  jest.restoreAllMocks();
});

describe('LoadAbort', () => {
  it('tells whoever has asked for the signal', () => {
    const abort = new LoadAbort();
    const { signal } = abort;
    const told = jest.fn();
    signal.addEventListener('abort', told);
    expect([abort.aborted, signal.aborted]).toEqual([false, false]);
    abort.abort(reason);
    expect([abort.aborted, signal.aborted]).toEqual([true, true]);
    expect(signal.reason).toBe(reason);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('tells whoever asks for the signal later', () => {
    const abort = new LoadAbort();
    abort.abort(reason);
    expect(abort.aborted).toBe(true);
    expect(abort.signal.aborted).toBe(true);
    expect(abort.signal.reason).toBe(reason);
  });

  it('has one signal', () => {
    const abort = new LoadAbort();
    const { signal } = abort;
    abort.abort(reason);
    expect(abort.signal).toBe(signal);
  });

  it.each(['with', 'without'])('keeps the first reason, %s a look at the signal', (look) => {
    const abort = new LoadAbort();
    const told = jest.fn();
    if (look === 'with') abort.signal.addEventListener('abort', told);
    abort.abort(reason);
    abort.abort(new Error('even later'));
    expect(abort.signal.reason).toBe(reason);
    expect(told).toHaveBeenCalledTimes(look === 'with' ? 1 : 0);
  });

  it('has a signal to which any number may listen, without a warning of a leak', async () => {
    const warned = jest.fn();
    process.on('warning', warned);
    const { signal } = new LoadAbort();
    for (let listener = 0; listener < 50; listener++) signal.addEventListener('abort', jest.fn());
    await settle();
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });

  it('makes no signal for a load that does not look at it', () => {
    const Original = globalThis.AbortController;
    const made = jest.spyOn(globalThis, 'AbortController').mockImplementation(() => new Original());
    const abort = new LoadAbort();
    abort.abort(reason);
    expect(abort.aborted).toBe(true);
    expect(made).not.toHaveBeenCalled();
    expect(abort.signal.aborted).toBe(true);
    expect(made).toHaveBeenCalledTimes(1);
  });
});
