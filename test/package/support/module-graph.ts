import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What one file refers to, in whatever way: import, export, import type, import(), require, reference. */
export interface Reference {
  /** As it stands in the file. */
  readonly specifier: string;
  /** The path of the file that is meant; `undefined` for a package. */
  readonly file: string | undefined;
  /** Whether it is loaded only when the program comes to it. */
  readonly dynamic: boolean;
}

const COMMENT = /^\s*(?:\*|\/\*|\/\/(?!\/)).*$/gm;
const STATEMENT = /^\s*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const EXPRESSION = /\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g;
const DIRECTIVE = /^\/\/\/\s*<reference\s+(?:types|path)="([^"]+)"/gm;

/** The references of a file of TypeScript, of declarations, or of JavaScript. */
export function referencesOf(file: string): Reference[] {
  const source = readFileSync(file, 'utf8').replace(COMMENT, '');
  const found = (pattern: RegExp, dynamic: boolean): Reference[] =>
    Array.from(source.matchAll(pattern), ([, specifier = '']) => ({
      specifier,
      file: resolve(file, specifier),
      dynamic,
    }));
  return [...found(STATEMENT, false), ...found(DIRECTIVE, false), ...found(EXPRESSION, true)];
}

/** The files that can be reached from `entries`, with their references. */
export function graphFrom(entries: readonly string[]): Map<string, readonly Reference[]> {
  const graph = new Map<string, readonly Reference[]>();
  const visit = (file: string): void => {
    if (graph.has(file)) return;
    const references = referencesOf(file);
    graph.set(file, references);
    for (const { file: next } of references) if (next !== undefined) visit(next);
  };
  for (const entry of entries) visit(entry);
  return graph;
}

/** The packages that are referred to in a graph, by name, without Node's own modules. */
export function packagesIn(graph: ReadonlyMap<string, readonly Reference[]>): Set<string> {
  const specifiers = [...graph.values()].flat().filter(({ file }) => file === undefined);
  return new Set(
    specifiers.map(({ specifier }) => packageName(specifier)).filter((name) => name !== 'node'),
  );
}

/** Circles in a graph, each as the files from which it comes back to itself. */
export function circlesIn(graph: ReadonlyMap<string, readonly Reference[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const { file: next } of graph.get(file) ?? []) {
      if (next !== undefined) visit(next, [...path, file]);
    }
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/** All files below a directory, by their paths from it. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

/** `@nestjs/common` of `@nestjs/common/enums/x.js`, `ioredis` of `ioredis`, `node` of `node:fs`. */
export function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = join(dirname(from), specifier);
  const stem = target.replace(/\.js$/, '');
  const candidates = from.endsWith('.js') ? [target] : [`${stem}.d.ts`, `${stem}.ts`, target];
  const file = candidates.find(existsSync);
  if (file === undefined) throw new Error(`${from} refers to ${specifier}, which is not there`);
  return file;
}
