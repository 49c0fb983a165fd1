import { describe, expect, it } from '@jest/globals';
import { CacheTierError, LoadTimeoutError } from '../../lib/contract/errors.js';

describe('LoadTimeoutError', () => {
  it('says which load, how long it was waited for, and what becomes of it', () => {
    const error = new LoadTimeoutError('city:1', 200);
    expect(error).toBeInstanceOf(CacheTierError);
    expect(error).toMatchObject({ name: 'LoadTimeoutError', code: 'LOAD_TIMEOUT', timeout: 200 });
    expect(error.message).toBe(
      'The load of key "city:1" was not done within 200 ms: it goes on, and nobody waits for it',
    );
  });

  it('shows a key escaped, and only in part', () => {
    const { message } = new LoadTimeoutError(`\r\n\u001b[31m"${'k'.repeat(500)}`, 200);
    expect(message).toMatch(
      /^The load of key "\\r\\n\\u001b\[31m\\"k+"… \(508 characters\) was not/,
    );
    expect(message.length).toBeLessThan(240);
  });
});
