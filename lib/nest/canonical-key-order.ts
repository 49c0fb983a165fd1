/** How many lists of names are remembered; then they are forgotten. */
const MOST_ORDERS = 256;
/** Longer lists, and lists with longer names, are not remembered. */
const MOST_NAMES = 32;
const LONGEST_NAME = 64;

/** The names of an object's properties in the order in which a key has them, and what stands before each value. */
export interface PropertyOrder {
  readonly sorted: readonly string[];
  /** The name in quotes with its colon, after a comma where it is not the first. */
  readonly labels: readonly string[];
}

interface KnownOrder extends PropertyOrder {
  readonly names: readonly string[];
}

/** By the first name as the object has it: objects that come often are of few kinds. */
const known = new Map<string, KnownOrder>();

/** The order of the names of an object's properties. To sort them, and to quote them, costs more than the rest of a key. */
export function propertyOrder(
  names: readonly string[],
  quoted: (name: string) => string,
): PropertyOrder {
  const first = names[0] ?? '';
  const order = known.get(first);
  if (order !== undefined && areSame(order.names, names)) return order;
  const sorted = names.toSorted();
  const labels = sorted.map((name, at) => `${at === 0 ? '' : ','}${quoted(name)}:`);
  const made = { names, sorted, labels };
  if (isSmall(names)) {
    if (known.size >= MOST_ORDERS) known.clear();
    known.set(first, made);
  }
  return made;
}

function areSame(names: readonly string[], others: readonly string[]): boolean {
  if (names.length !== others.length) return false;
  for (let at = 0; at < names.length; at++) if (names[at] !== others[at]) return false;
  return true;
}

function isSmall(names: readonly string[]): boolean {
  return names.length <= MOST_NAMES && names.every((name) => name.length <= LONGEST_NAME);
}
