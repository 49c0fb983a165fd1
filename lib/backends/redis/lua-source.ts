import { readFileSync } from 'node:fs';

/**
 * The text of `scripts/<name>.lua`.
 *
 * The build replaces this module by one that holds all the texts: a package that looks for files beside itself
 * can neither be bundled into one file nor be turned into CommonJS by a test runner.
 */
export function luaSource(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}
