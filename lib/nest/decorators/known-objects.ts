import type { StorePlace } from '../../contract/capabilities.js';
import { hasSymbolKeys, isPlainObject } from '../../contract/value-kind.js';
import { propertyOrder, type PropertyOrder } from '../canonical-key-order.js';
import { isIndexed } from './indexed.js';

/** Objects with more properties are not indexed. */
const MOST_PROPERTIES = 8;

type Branch = Map<unknown, Branch | StorePlace>;

interface Look {
  readonly order: PropertyOrder;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * Where memory keeps the answers of calls with one plain object of strings, numbers and the like: a tree with a level
 * per property, in the order in which a key has them. Nothing has to be put together to be looked for.
 */
export class KnownObjects {
  readonly #roots = new Map<PropertyOrder, Branch>();
  #nodes = 0;

  /** How many nodes the tree has, its leaves included. */
  get size(): number {
    return this.#nodes;
  }

  find(object: object): StorePlace | undefined {
    const look = lookInto(object);
    if (look === undefined) return undefined;
    const { order, properties } = look;
    let node: Branch | StorePlace | undefined = this.#roots.get(order);
    for (const name of order.sorted) {
      const value = properties[name];
      if (!(node instanceof Map) || !isIndexed(value)) return undefined;
      node = node.get(value);
    }
    return node instanceof Map ? undefined : node;
  }

  add(object: object, place: StorePlace): void {
    const look = lookInto(object);
    if (look === undefined) return;
    const values = look.order.sorted.map((name) => look.properties[name]);
    if (!values.every((value) => isIndexed(value))) return;
    let branch = this.#roots.get(look.order) ?? this.#grow(this.#roots, look.order);
    for (const value of values.slice(0, -1)) {
      const next = branch.get(value);
      branch = next instanceof Map ? next : this.#grow(branch, value);
    }
    const last = values.at(-1);
    if (!branch.has(last)) this.#nodes++;
    branch.set(last, place);
  }

  clear(): void {
    this.#roots.clear();
    this.#nodes = 0;
  }

  #grow<K>(parent: Map<K, Branch | StorePlace> | Map<K, Branch>, key: K): Branch {
    const branch: Branch = new Map();
    parent.set(key, branch);
    this.#nodes++;
    return branch;
  }
}

function lookInto(object: object): Look | undefined {
  if (!isPlainObject(object) || hasSymbolKeys(object)) return undefined;
  const names = Object.keys(object);
  if (names.length === 0 || names.length > MOST_PROPERTIES) return undefined;
  return { order: propertyOrder(names), properties: object };
}
