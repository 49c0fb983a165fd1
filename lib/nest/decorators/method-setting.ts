import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import type { TieredCache } from '../../core/tiered-cache.js';
import { canonicalKeyMaker, MAX_CANONICAL_KEY, type CanonicalKeyMaker } from '../canonical-key.js';
import { KnownArguments } from './known-arguments.js';
import { cacheDefaultsOf, type CacheDefaultsOptions } from './cache-defaults.decorator.js';
import { decoratedMethods, type DecoratedMethod } from './cache-slot.js';

/** What stays the same from call to call of a decorated method, for one class of instances and one cache. */
export class MethodSetting {
  /** The cache, in the namespace of the method. */
  readonly cache: TieredCache;
  readonly defaults: CacheDefaultsOptions;
  /** Whether the method is an inherited one that is called by `super` from an override that is cached itself. */
  readonly isOverridden: boolean;
  readonly #index = new KnownArguments();
  #makeKey: CanonicalKeyMaker | undefined;

  constructor(
    readonly source: TieredCache,
    /** The class of the instances, which may extend the one that declares the method. */
    readonly owner: object,
    private readonly method: DecoratedMethod,
  ) {
    this.defaults = cacheDefaultsOf(owner);
    const namespace = method.namespace ?? this.defaults.namespace;
    this.cache = namespace === undefined ? source : source.namespace(namespace);
    this.isOverridden = decoratedMethods(owner).some((other) => overrides(other, method));
  }

  /** The key of a call for which the decorator names none. @throws InvalidKeyError and InvalidOptionError */
  defaultKey(args: readonly unknown[]): string {
    this.#makeKey ??= canonicalKeyMaker(
      this.#className(),
      this.method.property,
      Math.min(MAX_CANONICAL_KEY, this.source.maxKeyLength),
    );
    return this.#makeKey(args);
  }

  /** A hit in memory for arguments that are known from an earlier hit; for those no key is made. */
  knownHit(args: readonly unknown[]): Promise<unknown> | undefined {
    const place = this.#index.find(args);
    return place === undefined ? undefined : this.cache.hitAt(place);
  }

  /** Makes arguments known that memory has just had an answer for, under their default key. */
  remember(args: readonly unknown[], key: string): void {
    this.#index.add(args, () => this.cache.placeOf(key));
  }

  #className(): string {
    const { name } = this.owner as { readonly name?: unknown };
    if (typeof name === 'string' && name !== '') return name;
    throw new InvalidOptionError(
      `${this.method.label}: key`,
      `is needed on a class without a name; got ${quote(name)}`,
    );
  }
}

function overrides(other: DecoratedMethod, method: DecoratedMethod): boolean {
  return (
    other.decorator === method.decorator &&
    other.property === method.property &&
    other.cache === method.cache &&
    Object.prototype.isPrototypeOf.call(method.prototype, other.prototype)
  );
}
