import { setTimeout as sleep } from 'node:timers/promises';
import type { Awaitable, CacheBackend } from '../contract/cache-backend.js';
import {
  isBatch,
  isClosable,
  isEntryStore,
  isFenced,
  isTtlAware,
} from '../contract/capabilities.js';
import { systemClock, type Clock } from '../contract/clock.js';
import { InvalidOptionError } from '../contract/errors.js';
import { check, proving, type ConformanceCase } from './conformance-case.js';
import { batchChecks } from './conformance/batch-checks.js';
import {
  checkCapabilities,
  removesPatterns,
  type BackendCapability,
} from './conformance/capability.js';
import type { Checks } from './conformance/check.js';
import { closableChecks } from './conformance/closable-checks.js';
import { concurrencyChecks } from './conformance/concurrency-checks.js';
import { downChecks } from './conformance/down-checks.js';
import { entryChecks } from './conformance/entry-checks.js';
import { fencedChecks } from './conformance/fenced-checks.js';
import { keyChecks } from './conformance/key-checks.js';
import { patternChecks } from './conformance/pattern-checks.js';
import { ttlAwareChecks } from './conformance/ttl-aware-checks.js';
import { ttlChecks } from './conformance/ttl-checks.js';
import { valueChecks } from './conformance/value-checks.js';
import { ManualClock } from './manual-clock.js';

/** @publicApi */
export interface BackendConformanceOptions {
  /** Makes a backend over an empty store. Called once for each case. */
  readonly create: () => Awaitable<CacheBackend>;
  /**
   * What the backend has beyond the five members. A case proves that these are what its guards find, so
   * that no promise goes unproved. Default: none.
   */
  readonly capabilities?: readonly BackendCapability[];
  /** Called after each case with its backend. Default: closes it, where it can be closed. */
  readonly destroy?: (backend: CacheBackend) => Awaitable<void>;
  /** The clock that the backend was given. Default: the system's. */
  readonly clock?: Clock;
  /**
   * Lets so many milliseconds pass for the backend. Default: advances a `ManualClock` that was given as
   * `clock`, else really waits.
   */
  readonly wait?: (ms: number) => Awaitable<void>;
  /**
   * Makes a backend whose store is out of reach, such as one with the address of a closed port. Without it,
   * the cases about failures are left out: right for a store inside the process only.
   */
  readonly down?: () => Awaitable<CacheBackend>;
}

/**
 * The promises of `CacheBackend` and of the declared capabilities as cases for any test runner:
 * `for (const { name, run } of backendConformance(options)) it(name, run);`
 *
 * @throws InvalidOptionError when `create` is not a function
 * @publicApi
 */
export function backendConformance(options: BackendConformanceOptions): ConformanceCase[] {
  const { create, down, capabilities = [] } = options;
  if (typeof create !== 'function') {
    throw new InvalidOptionError(
      'create',
      'is a function that makes a backend over an empty store',
    );
  }
  const declared: Checks = {
    'the capabilities of the backend are those that are declared': (backend) =>
      checkCapabilities(backend, capabilities),
  };
  const always = { ...declared, ...valueChecks, ...keyChecks, ...ttlChecks, ...concurrencyChecks };
  const has = (capability: BackendCapability): boolean => capabilities.includes(capability);
  return [
    ...casesOf(options, create, isBackend, always),
    ...(has('patterns') ? casesOf(options, create, removesPatterns, patternChecks) : []),
    ...(has('ttl') ? casesOf(options, create, isTtlAware, ttlAwareChecks) : []),
    ...(has('batch') ? casesOf(options, create, isBatch, batchChecks) : []),
    ...(has('entries') ? casesOf(options, create, isEntryStore, entryChecks) : []),
    ...(has('fenced') ? casesOf(options, create, isFenced, fencedChecks) : []),
    ...(has('closable') ? casesOf(options, create, isClosable, closableChecks) : []),
    ...(down === undefined ? [] : casesOf(options, down, isBackend, downChecks)),
  ];
}

function isBackend(backend: CacheBackend): backend is CacheBackend {
  return typeof backend === 'object' && backend !== null;
}

function casesOf<B extends CacheBackend>(
  options: BackendConformanceOptions,
  create: () => Awaitable<CacheBackend>,
  guard: (backend: CacheBackend) => backend is B,
  checks: Checks<B>,
): ConformanceCase[] {
  const { clock = systemClock, destroy = closeIfClosable } = options;
  const surroundings = { clock, wait: options.wait ?? waitBy(clock) };
  return Object.entries(checks).map(([name, prove]) => ({
    name,
    run: () =>
      proving(name, async () => {
        const backend = await create();
        try {
          check(guard(backend), 'the backend lacks what is declared');
          await prove(backend, surroundings);
        } finally {
          await destroy(backend);
        }
      }),
  }));
}

function waitBy(clock: Clock): (ms: number) => Promise<void> {
  return clock instanceof ManualClock ? (ms) => clock.advance(ms) : (ms) => sleep(ms);
}

async function closeIfClosable(backend: CacheBackend): Promise<void> {
  if (isClosable(backend)) await backend.close();
}
