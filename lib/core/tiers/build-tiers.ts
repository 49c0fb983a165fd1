import type { CacheBackend } from '../../contract/cache-backend.js';
import { isEntryStore, isFenced as hasFences } from '../../contract/capabilities.js';
import { checkText, readOption } from '../../contract/check-options.js';
import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { TierDefinition, TierPolicy, TierPreset } from '../../contract/tier-definition.js';
import { policyOf } from '../../contract/tier-policy.js';
import { isList } from '../../contract/value-kind.js';
import { ByteTier, type ByteTierContext } from './byte-tier.js';
import { TierCounters } from '../watching/cache-stats.js';
import { assertBackend, assertCodec, itemsOf } from '../check-arguments.js';
import { EntryTier } from './entry-tier.js';
import { FencedTier } from '../fences/fenced-tier.js';
import { checkGuardPolicy, guard } from './guard-policy.js';
import { sealerOf } from '../stored/sealing-policy.js';
import type { Tier } from './tier.js';

type PresetSettings = Required<Pick<TierPolicy, 'level' | 'ttlScale' | 'promotion'>>;

/** The usual settings by position. */
const PRESETS: Readonly<Record<TierPreset, PresetSettings>> = {
  l1: { level: 1, ttlScale: 1, promotion: false },
  l2: { level: 2, ttlScale: 1, promotion: 10 },
  l3: { level: 3, ttlScale: 2, promotion: 10 },
  l4: { level: 4, ttlScale: 8, promotion: 10 },
};

/** A definition whose backend has been made. */
export interface ResolvedTier {
  readonly definition: TierDefinition;
  readonly backend: CacheBackend;
}

/**
 * Refuses a list of tiers that cannot become a chain: none at all, or policies that are out of range or do
 * not ascend, or two of one name. Makes no backend, so that a mistake is told before anything is opened.
 *
 * @throws InvalidOptionError
 */
export function checkTiers(definitions: readonly TierDefinition[]): void {
  if (!isList(definitions) || readOption('tiers', () => definitions.length) === 0) {
    throw new InvalidOptionError('tiers', 'is a list of one tier at least, nearest first');
  }
  let above = 0;
  let index = 0;
  // Unlike `forEach`, this does not pass over what is missing in the list.
  for (const definition of itemsOf(definitions, 'tiers') as Iterable<TierDefinition>) {
    const path = `tiers[${index++}]`;
    checkDefinition(definition, path);
    const { policy } = definition;
    checkPolicy(policy, path);
    checkText(tierName(definition), `${path}.name`);
    const level = settingsOf(policy).level ?? above + 1;
    if (level <= above) {
      throw new InvalidOptionError(
        `${path}.level`,
        `levels ascend from the nearest tier to the farthest; ${level} follows ${above}`,
      );
    }
    above = level;
  }
  const names = definitions.map(tierName);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) {
    throw new InvalidOptionError(
      'tiers',
      `two are called ${quote(twice)}: give one another "name"`,
    );
  }
}

/** What a tier is called in stats, health, events and errors. */
export function tierName({ policy, defaultName }: TierDefinition): string {
  return policy.name ?? defaultName;
}

/** The tiers of a chain, in its order. */
export function buildTiers(
  resolved: readonly ResolvedTier[],
  context: Omit<ByteTierContext, 'sealer'>,
): [Tier, ...Tier[]] {
  resolved.forEach(({ backend }, index) => assertBackend(backend, `tiers[${index}]`));
  // One tier decides who may load: the nearest that has fences.
  const fenced = resolved.findIndex(({ backend }) => hasFences(backend) && !isEntryStore(backend));
  const [first, ...others] = resolved.map((tier, index) =>
    buildTier(tier, context, index === fenced),
  );
  if (first === undefined) {
    throw new InvalidOptionError('tiers', 'is a list of one tier at least, nearest first');
  }
  return [first, ...others];
}

function buildTier(
  { definition, backend }: ResolvedTier,
  context: Omit<ByteTierContext, 'sealer'>,
  isFenced: boolean,
): Tier {
  const { policy, source, codec } = definition;
  const { ttlScale = 1, promotion = 1 } = settingsOf(policy);
  const settings = {
    name: tierName(definition),
    bare: backend,
    breaker: undefined,
    limit: undefined,
    owned: !('useValue' in source || 'useExisting' in source),
    ttlScale,
    promotion: promotion === false ? 0 : promotion,
    writesInBackground: policy.writeMode === 'background',
    counters: new TierCounters(),
  };
  if (isEntryStore(backend)) return new EntryTier(backend, settings);
  const guarded = guard(backend, definition, settings.name, context.clock);
  const { breaker, limit } = guarded;
  const byteSettings = { ...settings, breaker, limit };
  const sealer = sealerOf(policy, `tiers(${settings.name})`);
  const byteContext = { ...context, codec: codec ?? context.codec, sealer };
  return isFenced && hasFences(guarded.backend)
    ? new FencedTier(guarded.backend, byteSettings, byteContext)
    : new ByteTier(guarded.backend, byteSettings, byteContext);
}

function checkDefinition(definition: unknown, path: string): void {
  if (!readOption(path, () => isDefinition(definition, path))) {
    throw new InvalidOptionError(
      path,
      `is what memoryTier(), mapTier(), redisTier() or customTier() returns; got ${quote(definition)}`,
    );
  }
}

function isDefinition(definition: unknown, path: string): boolean {
  const { source, policy, defaultName, codec, bus } = Object(definition) as Partial<TierDefinition>;
  if (codec !== undefined) assertCodec(codec, `${path}.codec`);
  return (
    isObject(source) &&
    SOURCES.some((form) => form in source) &&
    isObject(policy) &&
    typeof defaultName === 'string' &&
    (bus === undefined || typeof bus === 'function')
  );
}

const SOURCES = ['create', 'useValue', 'useClass', 'useExisting', 'useFactory'] as const;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function checkPolicy(policy: TierPolicy, path: string): void {
  policyOf(policy, [], path);
  checkText(policy.name, `${path}.name`);
  const { preset, level, ttlScale, promotion } = policy;
  if (preset !== undefined && !(typeof preset === 'string' && Object.hasOwn(PRESETS, preset))) {
    throw new InvalidOptionError(
      `${path}.preset`,
      `is one of ${Object.keys(PRESETS).join(', ')}; got ${quote(preset)}`,
    );
  }
  if (level !== undefined && !(Number.isInteger(level) && level >= 1)) {
    throw new InvalidOptionError(`${path}.level`, `is a whole number from 1; got ${quote(level)}`);
  }
  if (ttlScale !== undefined && !(Number.isFinite(ttlScale) && ttlScale > 0)) {
    throw new InvalidOptionError(
      `${path}.ttlScale`,
      `is a number above 0, such as 0.5 or 8; got ${quote(ttlScale)}`,
    );
  }
  if (
    promotion !== undefined &&
    promotion !== false &&
    !(Number.isInteger(promotion) && promotion >= 1)
  ) {
    throw new InvalidOptionError(
      `${path}.promotion`,
      `is false, or a whole number from 1 (one hit in so many is promoted); got ${quote(promotion)}`,
    );
  }
  const { writeMode } = policy;
  if (writeMode !== undefined && writeMode !== 'await' && writeMode !== 'background') {
    throw new InvalidOptionError(
      `${path}.writeMode`,
      `is 'await' or 'background'; got ${quote(writeMode)}`,
    );
  }
  checkGuardPolicy(policy, path);
  sealerOf(policy, path);
}

/** The policy with its preset's settings in the place of what it leaves out. */
function settingsOf(policy: TierPolicy): Pick<TierPolicy, 'level' | 'ttlScale' | 'promotion'> {
  const preset = policy.preset === undefined ? undefined : PRESETS[policy.preset];
  return {
    level: policy.level ?? preset?.level,
    ttlScale: policy.ttlScale ?? preset?.ttlScale,
    promotion: policy.promotion ?? preset?.promotion,
  };
}
