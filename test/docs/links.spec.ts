import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages, readPage, root } from './pages.js';

/** The targets of the links and images of a page that lead to a place in the repository. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`]*`/g, '');
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

/** The anchors of a page's headings, as code hosts make them. */
function anchorsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function leadsNowhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return true;
  return anchor !== undefined && !anchorsOf(readPage(file)).includes(anchor);
}

describe('the links of the documentation', () => {
  it.each(pages())('in %s lead to what is there', (page) => {
    expect(linksOf(readPage(page)).filter((target) => leadsNowhere(page, target))).toEqual([]);
  });

  it('are found, and so is one that leads nowhere', () => {
    const page = 'See [a](docs/errors.md), `[b](no.md)`, ![c](d.png#e) and [d](https://e.org).';
    expect(linksOf(page)).toEqual(['docs/errors.md', 'd.png#e']);
    expect(leadsNowhere('README.md', 'docs/errors.md#reads-and-changes')).toBe(false);
    expect(leadsNowhere('README.md', 'docs/errors.md#nowhere')).toBe(true);
    expect(leadsNowhere('docs/README.md', 'docs/errors.md')).toBe(true);
  });
});
