import type { CacheBackend } from '../../contract/cache-backend.js';
import {
  isBatch,
  isClosable,
  isEntryStore,
  isFenced,
  isTtlAware,
} from '../../contract/capabilities.js';
import { check } from '../conformance-case.js';
import type { PatternBackend } from './pattern-checks.js';

/**
 * What a backend can do beyond the five members: `removePattern`, and the interfaces `TtlAwareBackend`,
 * `BatchBackend`, `EntryStore`, `FencedBackend` and `Closable`.
 *
 * @publicApi
 */
export type BackendCapability = 'patterns' | 'ttl' | 'batch' | 'entries' | 'fenced' | 'closable';

interface Capability {
  readonly guard: (backend: CacheBackend) => boolean;
  readonly members: readonly string[];
  /** The members that no backend has for another reason; by default all of them. */
  readonly marks?: readonly string[];
}

const CAPABILITIES: Readonly<Record<BackendCapability, Capability>> = {
  patterns: { guard: removesPatterns, members: ['removePattern'] },
  ttl: { guard: isTtlAware, members: ['getWithTtl'] },
  batch: { guard: isBatch, members: ['getMany', 'setMany', 'removeMany'] },
  entries: {
    guard: isEntryStore,
    members: ['getEntry', 'setEntry', 'removeWhere', 'clear'],
    marks: ['getEntry', 'setEntry'],
  },
  fenced: {
    guard: isFenced,
    members: [
      'getFenced',
      'getFencedMany',
      'lease',
      'fill',
      'replace',
      'renew',
      'release',
      'discard',
    ],
    marks: ['getFenced', 'getFencedMany', 'lease', 'fill'],
  },
  closable: { guard: isClosable, members: ['connect', 'close'] },
};

export function removesPatterns(backend: CacheBackend): backend is PatternBackend {
  return typeof backend.removePattern === 'function';
}

/** What is declared is there as a whole, and what is not declared is not there in part. */
export function checkCapabilities(
  backend: CacheBackend,
  declared: readonly BackendCapability[],
): void {
  const hasMethod = (member: string): boolean => typeof Reflect.get(backend, member) === 'function';
  for (const [name, { guard, members, marks = members }] of Object.entries(CAPABILITIES)) {
    if (declared.some((capability) => capability === name)) {
      const had = members.filter(hasMethod).join(', ') || 'none';
      check(
        guard(backend),
        `"${name}" is declared, which takes ${members.join(', ')}; it has ${had}`,
      );
    } else {
      const had = marks.filter(hasMethod);
      check(
        had.length === 0,
        `it has ${had.join(', ')}: add "${name}" to capabilities, so that its promises are proved`,
      );
    }
  }
}
