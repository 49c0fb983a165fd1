import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  circlesIn,
  filesBelow,
  graphFrom,
  packageName,
  type Reference,
} from './support/module-graph.js';

/** What the files of a layer may refer to: folders of lib, and packages. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  contract: ['contract', 'node'],
  codecs: ['codecs', 'contract', 'node', 'msgpackr'],
  backends: ['backends', 'contract', 'node', 'lru-cache', 'ioredis', 'keyv'],
  bus: ['bus', 'backends', 'contract', 'node'],
  // The log of one process, for caches whose tiers bring none.
  core: ['core', 'contract', 'codecs', 'bus', 'node', 'rxjs'],
  nest: [
    'nest',
    'core',
    'contract',
    'backends',
    'codecs',
    'node',
    'rxjs',
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/terminus',
  ],
  // A cache as a storage adapter of Keyv.
  keyv: ['keyv', 'core', 'contract'],
  compat: [
    'compat',
    'nest',
    'keyv',
    'core',
    'contract',
    'backends',
    'codecs',
    'node',
    'rxjs',
    '@nestjs/common',
    '@nestjs/core',
  ],
  testing: ['testing', 'contract', 'node'],
};

/** The tier, which puts a backend and the bus of its store together, is above both. */
const ABOVE: Readonly<Record<string, readonly string[]>> = {
  'lib/backends/redis/redis-tier.ts': ['bus'],
};

let graph: Map<string, readonly Reference[]>;

beforeAll(() => {
  const files = filesBelow('lib').map((file) => join('lib', file));
  graph = graphFrom(files);
});

describe.each(Object.entries(LAYERS))('lib/%s', (layer, allowed) => {
  it('refers to what is below it alone', () => {
    const own = [...graph].filter(([file]) => file.startsWith(`lib/${layer}/`));
    expect(own).not.toEqual([]);
    const excess = own.flatMap(([file, references]) =>
      references
        .filter((reference) => ![...allowed, ...(ABOVE[file] ?? [])].includes(targetOf(reference)))
        .map(({ specifier }) => `${file} refers to ${specifier}`),
    );
    expect(excess).toEqual([]);
  });
});

it('nothing that the core refers to knows Redis', () => {
  const core = [...graph.keys()].filter((file) => file.startsWith('lib/core/'));
  const reached = [...graphFrom(core).keys()];
  expect(reached).toContain('lib/bus/local/local-log.ts');
  expect(reached.filter((file) => file.includes('redis'))).toEqual([]);
});

it('no file of lib refers to itself in a circle, types included', () => {
  expect(graph.size).toBeGreaterThan(50);
  expect(circlesIn(graph)).toEqual([]);
});

it('a circle would be found', () => {
  const circle = new Map([
    ['a', [referenceTo('b')]],
    ['b', [referenceTo('c')]],
    ['c', [referenceTo('b')]],
  ]);
  expect(circlesIn(circle)).toEqual([['b', 'c', 'b']]);
});

it('index files stand at the entry points alone', () => {
  const indices = [...graph.keys()].filter((file) => file.endsWith('index.ts'));
  expect(indices).toEqual(['lib/index.ts']);
});

function referenceTo(file: string): Reference {
  return { specifier: file, file, dynamic: false };
}

/** The folder of lib, or the package, that a file refers to. */
function targetOf({ file, specifier }: Reference): string {
  return file === undefined ? packageName(specifier) : (file.split('/')[1] ?? '');
}
