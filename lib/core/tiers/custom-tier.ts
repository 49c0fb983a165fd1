import type { CacheBackend } from '../../contract/cache-backend.js';
import type { Codec } from '../../contract/codec.js';
import { readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import type {
  BackendSource,
  Constructor,
  TierDefinition,
  TierPolicy,
} from '../../contract/tier-definition.js';
import { policyOf } from '../../contract/tier-policy.js';
import { assertBackend, assertCodec, assertFunction } from '../check-arguments.js';

/** The ways to give a backend of one's own: exactly one of them, as in a Nest provider. */
export type CustomBackendSource = Exclude<BackendSource, { readonly create: unknown }>;

/**
 * The options of `customTier`.
 *
 * @publicApi
 */
export type CustomTierOptions = TierPolicy &
  CustomBackendSource & {
    /** How values become bytes in this tier. Default: the cache's codec. */
    readonly codec?: Codec;
  };

const SOURCES = ['useValue', 'useClass', 'useExisting', 'useFactory'] as const;

/**
 * A tier on a backend of one's own. With `useClass` and `useFactory` the cache owns the backend and closes
 * it; with `useValue` and `useExisting` its maker does.
 *
 * @throws InvalidOptionError
 * @publicApi
 */
export function customTier(options: CustomTierOptions): TierDefinition {
  const policy = policyOf(options, [...SOURCES, 'inject', 'codec'], 'customTier');
  const { codec } = options;
  if (codec !== undefined) assertCodec(codec, 'customTier.codec');
  const source = sourceOf(options);
  return {
    source,
    policy,
    defaultName: options.name ?? defaultName(source),
    backendClass: 'useClass' in source ? source.useClass : undefined,
    codec,
  };
}

/** The one source among the options; those that are `undefined` are not given. */
function sourceOf(options: CustomTierOptions): CustomBackendSource {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const source = Object.fromEntries(
    given.filter(([option]) => [...SOURCES, 'inject'].includes(option)),
  );
  const [form, ...others] = SOURCES.filter((name) => name in source);
  if (form === undefined || others.length > 0) {
    throw new InvalidOptionError('customTier', `needs exactly one of ${SOURCES.join(', ')}`);
  }
  if (form === 'useClass' || form === 'useFactory') {
    assertFunction(source[form], `customTier.${form}`);
  }
  if (form === 'useValue') assertBackend(source[form], 'customTier.useValue');
  return source as unknown as CustomBackendSource;
}

/** `S3Backend` is called `s3`; what only a container can make has to be named. */
function defaultName(source: CustomBackendSource): string {
  if ('useValue' in source) return source.useValue.name;
  if ('useClass' in source) return nameOfClass(source.useClass);
  throw new InvalidOptionError('customTier.name', 'is needed with useExisting and useFactory');
}

function nameOfClass(backendClass: Constructor<CacheBackend>): string {
  // A class may have a static member of that name, which can be anything.
  const name: unknown = readOption('customTier.useClass', () => backendClass.name as unknown);
  return typeof name === 'string' ? shortName(name) : 'custom';
}

function shortName(name: string): string {
  return name.replace(/Backend$/, '').toLowerCase() || 'custom';
}
