import { beforeAll, describe, expect, it } from '@jest/globals';
import { codeBlocksOf, type CodeBlock } from './code-block.js';
import { pages, readPage } from './pages.js';
import { typeCheck } from './type-check.js';

const all = pages().flatMap((page) => codeBlocksOf(page, readPage(page)));
const blocks = all.filter(({ fragment }) => !fragment);

describe('the code in the documentation', () => {
  const wrong: CodeBlock = {
    place: 'wrong',
    code: "import { TieredCache } from 'nestjs-cache-tier';\nconst size: number = TieredCache.name;",
    fragment: false,
  };
  let messages: ReadonlyMap<string, string>;

  beforeAll(() => {
    messages = typeCheck([...blocks, wrong]);
  }, 60_000);

  it('is compiled against the library: a wrong block is found, and nothing but blocks is', () => {
    expect(messages.get('wrong')).toMatch(/^block-\d+\.ts\(2,7\): error TS2322/);
    expect(messages.get('')).toBeUndefined();
  });

  it.each(blocks.map(({ place }) => place))('%s compiles', (place) => {
    expect(messages.get(place)).toBeUndefined();
  });

  it('is in blocks that stand by themselves, with few exceptions', () => {
    expect(blocks.length).toBeGreaterThan(30);
    expect(all.length - blocks.length).toBeLessThanOrEqual(blocks.length / 10);
  });
});

describe('the blocks of a page', () => {
  it('are those in TypeScript, each with the line where it begins', () => {
    const page =
      'One\n\n```ts\nfirst;\n```\n\n```sh\nnpm\n```\n\n```ts fragment\nsecond;\n\nlast;\n```\n';
    expect(codeBlocksOf('page.md', page)).toEqual([
      { place: 'page.md:4', code: 'first;\n', fragment: false },
      { place: 'page.md:12', code: 'second;\n\nlast;\n', fragment: true },
    ]);
  });
});
