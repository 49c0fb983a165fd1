/** A block of TypeScript on a page. */
export interface CodeBlock {
  /** The page and the line of its first line of code, such as `docs/health.md:42`. */
  readonly place: string;
  readonly code: string;
  /** Marked as ```ts fragment: a part that cannot stand by itself. */
  readonly fragment: boolean;
}

const BLOCK = /^```ts( fragment)?\n(.*?)^```$/gms;

export function codeBlocksOf(page: string, text: string): CodeBlock[] {
  return Array.from(text.matchAll(BLOCK), (match) => {
    const [, mark, code = ''] = match;
    const line = text.slice(0, match.index).split('\n').length + 1;
    return { place: `${page}:${line}`, code, fragment: mark !== undefined };
  });
}
