import { InvalidOptionError } from '../contract/errors.js';
import type { InvalidationScope } from '../contract/invalidation-bus.js';
import { parsePattern } from '../contract/pattern.js';

/**
 * @throws InvalidOptionError when the scope names nothing to void, or pushes no keys
 * @throws InvalidPatternError
 */
export function checkScope({ keys, tags, patterns, all, push }: InvalidationScope): void {
  if (all !== true && isEmpty(keys) && isEmpty(tags) && isEmpty(patterns)) {
    throw new InvalidOptionError(
      'scope',
      'names at least one key, tag or pattern, or is { all: true }',
    );
  }
  if (push === true && isEmpty(keys)) {
    throw new InvalidOptionError('scope.push', 'is about keys: at least one is to be given');
  }
  for (const pattern of patterns ?? []) parsePattern(pattern);
}

function isEmpty(list: readonly string[] | undefined): boolean {
  return list === undefined || list.length === 0;
}
