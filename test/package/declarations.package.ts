import { describe, expect, it } from '@jest/globals';
import { graphFrom, packagesIn } from './support/module-graph.js';

/** The packages that an entry point may refer to, in its types and in its programs. */
const ALLOWED: Readonly<Record<string, { types: string[]; programs: string[] }>> = {
  index: {
    types: ['@nestjs/common', 'rxjs'],
    programs: ['@nestjs/common', '@nestjs/core', 'lru-cache', 'rxjs'],
  },
  core: { types: ['rxjs'], programs: ['lru-cache', 'rxjs'] },
  redis: { types: [], programs: [] },
  msgpack: { types: [], programs: ['msgpackr'] },
  terminus: {
    types: ['@nestjs/common', '@nestjs/core', '@nestjs/terminus', 'rxjs'],
    programs: ['@nestjs/common', '@nestjs/core', '@nestjs/terminus', 'rxjs'],
  },
  http: {
    types: ['@nestjs/common', '@nestjs/core', 'rxjs'],
    programs: ['@nestjs/common', '@nestjs/core', 'rxjs'],
  },
  keyv: { types: ['keyv', 'rxjs'], programs: ['keyv', 'lru-cache', 'rxjs'] },
  compat: {
    types: ['@nestjs/common', '@nestjs/core', 'keyv', 'rxjs'],
    programs: ['@nestjs/common', '@nestjs/core', 'keyv', 'lru-cache', 'rxjs'],
  },
  testing: { types: [], programs: [] },
};

const cases = Object.entries(ALLOWED);

describe.each(cases)('the entry point %s', (entry, allowed) => {
  it('has declarations that refer to what is always installed with it, and to nothing else', () => {
    const graph = graphFrom([`dist/${entry}.d.ts`]);
    expect(graph.size).toBeGreaterThan(1);
    const excess = [...packagesIn(graph)].filter((name) => !allowed.types.includes(name));
    expect(excess).toEqual([]);
  });

  it('loads what is always installed with it, and nothing else', () => {
    const graph = graphFrom([`dist/${entry}.js`]);
    const loadedAtOnce = new Map(
      Array.from(graph, ([file, references]) => [
        file,
        references.filter(({ dynamic }) => !dynamic),
      ]),
    );
    const excess = [...packagesIn(loadedAtOnce)].filter((name) => !allowed.programs.includes(name));
    expect(excess).toEqual([]);
  });
});

it('what is looked for would be found: the terminus entry point refers to Terminus', () => {
  expect(packagesIn(graphFrom(['dist/terminus.d.ts']))).toContain('@nestjs/terminus');
  expect(packagesIn(graphFrom(['dist/terminus.js']))).toContain('@nestjs/terminus');
});
