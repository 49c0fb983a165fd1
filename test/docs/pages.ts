import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const FOLDERS = ['.', 'docs', 'docs/decisions'];

/** The pages of the documentation, by their paths from the root. */
export function pages(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  ).filter((path) => path.endsWith('.md'));
}

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}
