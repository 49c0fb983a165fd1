import type { Project } from './project.js';
import type { Outcome } from './run-command.js';

const PACKAGE = 'nestjs-cache-tier';

const CORE = [
  'BackendError',
  'BackendTimeoutError',
  'BreakerOpenError',
  'CacheTierError',
  'ClosedError',
  'InvalidKeyError',
  'InvalidOptionError',
  'InvalidPatternError',
  'InvalidTtlError',
  'InvalidationPendingError',
  'JsonCodec',
  'LoadTimeoutError',
  'MAX_TTL',
  'MapBackend',
  'MemoryBackend',
  'MissingPeerError',
  'SerializationError',
  'TOKEN_LENGTH',
  'TieredCache',
  'TooManyCallsError',
  'UndecodableError',
  'UnsupportedError',
  'assertTtl',
  'compilePattern',
  'customTier',
  'escapePattern',
  'isBatch',
  'isClosable',
  'isEntryStore',
  'isFenced',
  'isTtlAware',
  'mapTier',
  'memoryTier',
  'systemClock',
  'ttlStrategies',
];

/** What each entry point exports, beside types. */
export const ENTRY_POINTS: Readonly<Record<string, readonly string[]>> = {
  '.': [
    ...CORE,
    'CacheDefaults',
    'CacheEvict',
    'CachePut',
    'CacheTierModule',
    'Cached',
    'InjectBackend',
    'InjectCache',
    'getBackendToken',
    'getCacheToken',
  ],
  './core': [...CORE, 'createTieredCache'],
  './redis': ['RedisBackend', 'RedisBus', 'redisTier'],
  './msgpack': ['MsgpackCodec'],
  './terminus': ['CacheTierHealthIndicator', 'CacheTierHealthModule'],
  './http': ['HttpCache', 'HttpCacheInterceptor', 'HttpCacheModule', 'NoHttpCache'],
  './keyv': ['KeyvBackend', 'TieredCacheKeyv', 'keyvTier'],
  './compat': [
    'CACHE_KEY_METADATA',
    'CACHE_MANAGER',
    'CACHE_MODULE_OPTIONS',
    'CACHE_TTL_METADATA',
    'Cache',
    'CacheInterceptor',
    'CacheKey',
    'CacheModule',
    'CacheTTL',
    'CacheTierCompatModule',
    'createCache',
  ],
  './testing': [
    'ConformanceError',
    'FaultyBackend',
    'FencedMapBackend',
    'LocalBus',
    'LocalLog',
    'ManualClock',
    'backendConformance',
    'badPatterns',
    'busConformance',
    'patternCases',
  ],
};

/** What a program that loads entry points has found. */
export type LoadReport = Readonly<
  Record<string, { readonly names: readonly string[]; readonly same: boolean }>
>;

/** The expected report of a program that loads these entry points. */
export function expectedReport(entries: readonly string[]): LoadReport {
  return Object.fromEntries(
    entries.map((entry) => [
      specifier(entry),
      { names: [...(ENTRY_POINTS[entry] ?? [])].toSorted(), same: true },
    ]),
  );
}

/** Runs a program that loads entry points. @returns its report, or how it failed */
export async function load(
  project: Project,
  program: 'entry-points.mjs' | 'entry-points.cjs',
  entries: readonly string[],
): Promise<LoadReport | Outcome> {
  const outcome = await project.node(program, ...entries.map(specifier));
  return outcome.code === 0 ? (JSON.parse(outcome.stdout) as LoadReport) : outcome;
}

function specifier(entry: string): string {
  return PACKAGE + entry.slice(1);
}
