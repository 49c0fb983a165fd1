import { InvalidOptionError } from '../../contract/errors.js';
import { quote } from '../../contract/quote.js';
import { isList } from '../../contract/value-kind.js';
import { itemsOf } from '../check-arguments.js';

const MAX_TAG_LENGTH = 256;
const MAX_TAGS = 64;
const NUL = '\0';

/**
 * The tags of an entry, each once; `undefined` where there are none.
 *
 * @throws InvalidOptionError
 */
export function checkTags(tags: unknown, option: string): readonly string[] | undefined {
  const given = checkTagList(tags, option);
  if (given.length > MAX_TAGS) {
    throw new InvalidOptionError(option, `has at most ${MAX_TAGS} tags; got ${given.length}`);
  }
  return given.length === 0 ? undefined : given;
}

/** Any number of tags, each once. @throws InvalidOptionError */
export function checkTagList(tags: unknown, option: string): readonly string[] {
  if (!isList(tags)) {
    throw new InvalidOptionError(option, `is a list of tags; got ${quote(tags)}`);
  }
  const given = new Set<string>();
  // The first that is none ends it, however long the list says that it is.
  for (const tag of itemsOf(tags, option)) {
    if (!isTag(tag)) {
      throw new InvalidOptionError(
        option,
        `a tag is a non-empty string of at most ${MAX_TAG_LENGTH} characters, well-formed and without U+0000; got ${quote(tag)}`,
      );
    }
    given.add(tag);
  }
  return [...given];
}

function isTag(tag: unknown): tag is string {
  return (
    typeof tag === 'string' &&
    tag !== '' &&
    tag.length <= MAX_TAG_LENGTH &&
    !tag.includes(NUL) &&
    tag.isWellFormed()
  );
}

/** All tags of a value: those of the options, and those that its loader has added. */
export function joinTags(
  given: readonly string[] | undefined,
  added: readonly string[] | undefined,
): readonly string[] | undefined {
  if (given === undefined || added === undefined) return given ?? added;
  return [...new Set([...given, ...added])];
}

/**
 * The tags that every entry under the key has unasked, of its namespace and of those around it: clearing a
 * namespace is invalidating its tag. They begin with NUL, as no tag of a caller does.
 */
export function namespaceTags(internal: string): readonly string[] {
  if (!internal.startsWith(NUL)) return NONE;
  const names = internal.slice(1, internal.indexOf(NUL, 1)).split(':');
  return names.map((_name, index) => namespaceTag(names.slice(0, index + 1).join(':')));
}

export function namespaceTag(path: string): string {
  return `${NUL}${path}`;
}

const NONE: readonly string[] = [];
