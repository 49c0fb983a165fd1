import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../../lib/contract/cache-backend.js';
import {
  isBatch,
  isClosable,
  isEntryStore,
  isFenced,
  isTtlAware,
} from '../../lib/contract/capabilities.js';
import { MapBackend } from '../../lib/backends/map/map.backend.js';

const method = (): undefined => undefined;

function backendWith(...members: string[]): CacheBackend {
  return {
    name: 'plain',
    get: method,
    setWithTtl: method,
    remove: method,
    healthCheck: () => true,
    ...Object.fromEntries(members.map((member) => [member, method])),
  };
}

describe('the guards of capabilities', () => {
  const guards = { isTtlAware, isBatch, isEntryStore, isFenced, isClosable };
  const members = {
    isTtlAware: ['getWithTtl'],
    isBatch: ['getMany', 'setMany', 'removeMany'],
    isEntryStore: ['getEntry', 'setEntry', 'removeWhere', 'clear'],
    isFenced: [
      'getFenced',
      'getFencedMany',
      'lease',
      'fill',
      'replace',
      'renew',
      'release',
      'discard',
    ],
    isClosable: ['connect', 'close'],
  };
  const names = ['isTtlAware', 'isBatch', 'isEntryStore', 'isFenced', 'isClosable'] as const;

  it.each(names)('%s says no to a backend of the five members', (name) => {
    expect(guards[name](backendWith())).toBe(false);
  });

  it.each(names)('%s says yes when all members are there', (name) => {
    expect(guards[name](backendWith(...members[name]))).toBe(true);
  });

  it.each(names)('%s says no when one member is missing', (name) => {
    for (const missing of members[name]) {
      const rest = members[name].filter((member) => member !== missing);
      expect(guards[name](backendWith(...rest))).toBe(false);
    }
  });

  it('find members that a class inherits', () => {
    const backend = new MapBackend();
    expect([isTtlAware, isBatch, isEntryStore, isClosable].map((guard) => guard(backend))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(isFenced(backend)).toBe(false);
  });

  it('do not take a property for a method', () => {
    expect(isTtlAware({ ...backendWith(), getWithTtl: true } as CacheBackend)).toBe(false);
  });
});
