/** How many keys are sent to a store at once: of more, the last would wait for the first until their time is up. */
const AT_ONCE = 250;

/** The items in parts of which each can be sent at once. */
export function inParts<T>(items: readonly T[]): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    parts.push(items.slice(from, from + AT_ONCE));
  }
  return parts;
}

/** Acts on every item, part by part. @throws the first failure, when all have had their turn */
export async function inTurns<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const part of inParts(items)) {
    for (const outcome of await Promise.allSettled(part.map(act))) {
      if (outcome.status === 'rejected') failures.push(outcome.reason);
    }
  }
  if (failures.length > 0) throw failures[0];
}
