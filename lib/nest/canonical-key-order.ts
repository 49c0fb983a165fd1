/** How many first names are remembered, and how many lists of names that begin with one; then they are forgotten. */
const MOST_FIRST_NAMES = 256;
const MOST_PER_FIRST_NAME = 8;
/** Longer lists, and lists with longer names, are not remembered. */
const MOST_NAMES = 32;
const LONGEST_NAME = 64;

/** Strings that JSON writes as they are. Asking costs less than `JSON.stringify`, and most arguments are such. */
const UNESCAPED = /^[ !#-[\]-~]*$/;

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
const known = new Map<string, KnownOrder[]>();

/** The order of the names of an object's properties. To sort and quote them costs more than the rest of a key. */
export function propertyOrder(names: readonly string[]): PropertyOrder {
  const first = names[0] ?? '';
  const orders = known.get(first);
  if (orders !== undefined) {
    for (const order of orders) if (areSame(order.names, names)) return order;
  }
  const sorted = names.toSorted();
  const labels = sorted.map((name, at) => `${at === 0 ? '' : ','}${quoted(name)}:`);
  const made = { names, sorted, labels };
  if (isSmall(names)) remember(first, made);
  return made;
}

/** A text in quotes, as JSON has it. */
export function quoted(text: string): string {
  return UNESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

function remember(first: string, order: KnownOrder): void {
  const orders = known.get(first);
  if (orders !== undefined && orders.length < MOST_PER_FIRST_NAME) {
    orders.push(order);
    return;
  }
  if (orders === undefined && known.size >= MOST_FIRST_NAMES) known.clear();
  known.set(first, [order]);
}

function areSame(names: readonly string[], others: readonly string[]): boolean {
  if (names.length !== others.length) return false;
  for (let at = 0; at < names.length; at++) if (names[at] !== others[at]) return false;
  return true;
}

function isSmall(names: readonly string[]): boolean {
  return names.length <= MOST_NAMES && names.every((name) => name.length <= LONGEST_NAME);
}
