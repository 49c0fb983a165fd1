import { readFileSync } from 'node:fs';

/** The text of `scripts/<name>.lua`. The build replaces this module by one that holds all the texts. */
export function luaSource(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}
