import type { InvalidationScope } from '../../contract/invalidation-bus.js';

/** How long the texts of one message are together at most, in characters; a longer one stands alone. */
const MAX_LENGTH = 64 * 1024;

/** How many tags are in one message at most: each costs the script a command. */
const MAX_TAGS = 1_000;

/** What the quotes and the comma around a text take. */
const AROUND = 3;

type Lists = { -readonly [List in 'keys' | 'tags' | 'patterns']?: string[] };

/**
 * The scope in parts that are each of bounded size, so that no message holds up the server and those who listen; a
 * small one as it is.
 */
export function splitScope(scope: InvalidationScope): readonly InvalidationScope[] {
  if (fits(scope)) return [scope];
  const parts: InvalidationScope[] = [];
  let lists: Lists = {};
  let left = MAX_LENGTH;
  const finish = (): void => {
    if (Object.keys(lists).length === 0) return;
    parts.push({ ...lists, ...(lists.keys && scope.push && { push: scope.push }) });
    lists = {};
    left = MAX_LENGTH;
  };
  for (const name of ['keys', 'tags', 'patterns'] as const) {
    for (const text of scope[name] ?? []) {
      if (text.length + AROUND > left || (lists.tags?.length ?? 0) >= MAX_TAGS) finish();
      (lists[name] ??= []).push(text);
      left -= text.length + AROUND;
    }
  }
  finish();
  if (scope.all === true) parts.push({ all: true });
  return parts;
}

function fits({ keys = [], tags = [], patterns = [] }: InvalidationScope): boolean {
  if (tags.length > MAX_TAGS) return false;
  return lengthOf(keys) + lengthOf(tags) + lengthOf(patterns) <= MAX_LENGTH;
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + AROUND, 0);
}
