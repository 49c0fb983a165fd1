/** A key of the check: where it lives, and what its values are tagged with. */
export interface CheckedKey {
  readonly index: number;
  /** '' for the cache itself. */
  readonly namespace: string;
  readonly name: string;
  readonly tag: string;
  /** Whether the loader says the tag, and not the options. */
  readonly tagFromLoader: boolean;
  /** Whether its values end by themselves in the midst of it all, and are then answered where a load is slow or fails. */
  readonly keptStale: boolean;
}

export const NAMESPACES = ['', 'a', 'b'] as const;

const TAGS = 5;

/** The keys of a check, alike in every process: spread over the namespaces, and over tags that cross them. */
export function checkedKeys(count: number): readonly CheckedKey[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    namespace: NAMESPACES[index % NAMESPACES.length] ?? '',
    name: `k${index}`,
    tag: `t${index % TAGS}`,
    tagFromLoader: index % 2 === 1,
    keptStale: index % 4 === 3,
  }));
}
