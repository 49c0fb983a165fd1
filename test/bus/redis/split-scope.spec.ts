import { describe, expect, it } from '@jest/globals';
import { encodePayload } from '../../../lib/bus/redis/bus-message.js';
import { splitScope } from '../../../lib/bus/redis/split-scope.js';
import type { InvalidationScope } from '../../../lib/contract/invalidation-bus.js';

function names(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index}`);
}

/** All that the parts name, in order. */
function joined(parts: readonly InvalidationScope[]): InvalidationScope {
  return {
    keys: parts.flatMap(({ keys = [] }) => keys),
    tags: parts.flatMap(({ tags = [] }) => tags),
    patterns: parts.flatMap(({ patterns = [] }) => patterns),
  };
}

describe('splitScope', () => {
  it.each<InvalidationScope>([
    { keys: names('key', 2_000), push: true },
    { keys: ['key'], tags: names('tag', 1_000), patterns: ['*'], all: true },
    { all: true },
    { keys: ['x'.repeat(1_000_000)] },
  ])('leaves a small one, and what cannot be smaller, as it is', (scope) => {
    const parts = splitScope(scope);
    expect(parts).toHaveLength(1);
    expect(parts[0]).toEqual(scope);
  });

  it('puts all that a large one names into parts of bounded size, each once and in order', () => {
    const scope = {
      keys: names('key', 100_000),
      tags: names('tag', 3_000),
      patterns: names('pattern', 10_000),
    };
    const parts = splitScope(scope);

    expect(joined(parts)).toEqual(scope);
    for (const part of parts) {
      expect(encodePayload(part).length).toBeLessThan(66_000);
      expect(part.tags?.length ?? 0).toBeLessThanOrEqual(1_000);
    }
    expect(parts.length).toBeLessThan(40);
  });

  it('says "push" where there are keys, and "all" once', () => {
    const scope = { keys: names('key', 10_000), tags: names('tag', 3_000), push: true, all: true };
    const parts = splitScope(scope as InvalidationScope);

    for (const { keys, push } of parts) expect(push).toBe(keys === undefined ? undefined : true);
    expect(parts.filter(({ all }) => all === true)).toHaveLength(1);
  });
});
