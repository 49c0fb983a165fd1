import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { filesBelow } from './support/module-graph.js';
import { pack, type PackedPackage } from './support/packed-package.js';

const BESIDE_DIST = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

describe('the tarball', () => {
  let packed: PackedPackage;
  let paths: string[];

  beforeAll(async () => {
    packed = await pack();
    paths = packed.files.map(({ path }) => path);
  });

  afterAll(() => rm(packed.directory, { recursive: true, force: true }));

  it('holds dist, the licence, the readme and the changelog, and nothing else', () => {
    expect(paths.filter((path) => !path.startsWith('dist/')).toSorted()).toEqual(BESIDE_DIST);
  });

  it('holds no empty file', () => {
    expect(packed.files.filter(({ size }) => size === 0)).toEqual([]);
  });

  it('holds programs and their declarations, each with the other', () => {
    const stems = (ending: string): string[] =>
      paths
        .filter((path) => path.startsWith('dist/') && path.endsWith(ending))
        .map((path) => path.slice(0, -ending.length))
        .toSorted();
    expect(stems('.js').length).toBeGreaterThan(50);
    expect(stems('.js')).toEqual(stems('.d.ts'));
    expect(paths.filter((path) => path.startsWith('dist/'))).toHaveLength(2 * stems('.js').length);
  });

  it('holds no test', () => {
    expect(paths.filter((path) => /\b(?:spec|test|fixtures?)\b/.test(path))).toEqual([]);
  });

  it('refers to no source map, as it holds none', () => {
    const programs = paths.filter((path) => path.startsWith('dist/'));
    expect(
      programs.filter((path) => readFileSync(path, 'utf8').includes('sourceMappingURL')),
    ).toEqual([]);
  });

  it('holds the Lua scripts in programs: no program looks for files beside itself', () => {
    const programs = paths.filter((path) => path.endsWith('.js'));
    const text = programs.map((path) => readFileSync(path, 'utf8')).join('\n');
    const scripts = filesBelow('lib').filter((file) => file.endsWith('.lua'));
    expect(scripts.length).toBeGreaterThanOrEqual(5);
    for (const script of scripts) {
      expect(text).toContain(JSON.stringify(readFileSync(join('lib', script), 'utf8')));
    }
    expect(text).not.toContain('import.meta');
  });

  it('holds what each export names', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
    const named = Object.values(exports).flatMap((target: string | object) =>
      typeof target === 'string' ? [target] : (Object.values(target) as string[]),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((target) => !paths.includes(target.replace('./', '')))).toEqual([]);
  });

  it('has nothing large in it by mistake', () => {
    expect(packed.size).toBeLessThan(400_000);
    expect(packed.files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1_400_000);
  });
});
