import type { TieredCache } from '../../../lib/core/tiered-cache.js';
import type { Instance } from './world.js';

/** A key, with what belongs to it. */
export interface Item {
  readonly key: string;
  readonly namespace: string | undefined;
  readonly tags: readonly string[] | undefined;
  /** Tags that the loader adds. */
  readonly added: readonly string[];
  /** What the source holds now. */
  version: number;
  /** How many callers are bringing a value: what is changed meanwhile may come before it or after it. */
  setting: number;
  /** Changes that have been made known to all, with the time when that was done, and who did it. */
  readonly known: { readonly version: number; readonly at: number; readonly by: string }[];
}

export interface Member extends Instance {
  /** When it was last out of reach of the log or the store, in `Clock.now()`. */
  outOfReachAt: number;
  severed: boolean;
  failing: boolean;
  /** Changes whose invalidations are to be carried out later. */
  pending: Change[];
}

export type Change = readonly { readonly item: Item; readonly version: number }[];

export function newItem(
  key: string,
  tags?: string[],
  namespace?: string,
  added: string[] = [],
): Item {
  return { key, namespace, tags, added, version: 1, setting: 0, known: [] };
}

export function isChanged(one: Item, item: Item, kind: string): boolean {
  switch (kind) {
    case 'tag':
      return one.tags?.includes('t') === true;
    case 'clear inside':
      return one.namespace === 'n';
    case 'clear':
      return true;
    case 'pattern':
      return one.namespace === item.namespace && one.key.startsWith(item.key);
    default:
      return one === item;
  }
}

export function spaceOf(cache: TieredCache, { namespace }: Item): TieredCache {
  return namespace === undefined ? cache : cache.namespace(namespace);
}

export function storedKeyOf({ namespace, key }: Item): string {
  return namespace === undefined ? `default::${key}` : `default:${namespace}::${key}`;
}
