// Builds the package into dist/, from which the samples and whoever installs it use it.
import { accessSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ensurePackages, root, run } from './run.mjs';

ensurePackages();
rmSync(join(root, 'dist'), { recursive: true, force: true });
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
embedScripts(join(root, 'lib'));

/** Puts the Lua scripts of a folder into the module beside it that gives them out; until then it reads their files. */
function embedScripts(lib) {
  const lua = readdirSync(lib, { recursive: true }).filter((file) => file.endsWith('.lua'));
  for (const folder of new Set(lua.map(dirname))) {
    const sources = lua
      .filter((file) => dirname(file) === folder)
      .map((file) => [basename(file, '.lua'), readFileSync(join(lib, file), 'utf8')]);
    const module = join(dirname(folder), 'lua-source');
    // Fails where there is none: the package holds no Lua files that could be read instead.
    accessSync(join(lib, `${module}.ts`));
    writeFileSync(
      join(root, 'dist', `${module}.js`),
      `const SOURCES = ${JSON.stringify(Object.fromEntries(sources), null, 2)};

export function luaSource(name) {
    return SOURCES[name];
}
`,
    );
  }
}
