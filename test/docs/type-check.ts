import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeBlock } from './code-block.js';
import { EXAMPLE_NAMES } from './example-names.js';
import { root } from './pages.js';

const ENTRY_POINTS = ['core', 'redis', 'msgpack', 'terminus', 'http', 'keyv', 'compat', 'testing'];

const CONFIG = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    // An example may name what the reader goes on to use.
    noUnusedLocals: false,
    noUnusedParameters: false,
    rootDir: root,
    paths: {
      'nestjs-cache-tier': [join(root, 'lib/index.ts')],
      ...Object.fromEntries(
        ENTRY_POINTS.map((name) => [`nestjs-cache-tier/${name}`, [join(root, `lib/${name}.ts`)]]),
      ),
    },
  },
  include: ['*.ts'],
};

/**
 * Compiles each block as a module of its own.
 *
 * @returns the compiler's messages by the places of the blocks; `''` has those that are about no file. What is
 *   wrong in the library itself is left to the check of its types.
 */
export function typeCheck(blocks: readonly CodeBlock[]): ReadonlyMap<string, string> {
  // In the repository, so that packages are found; where neither git nor the other tools look.
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, 'node_modules/.cache/code-blocks-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
    writeFileSync(join(folder, 'example-names.d.ts'), EXAMPLE_NAMES);
    blocks.forEach(({ code }, index) => {
      writeFileSync(join(folder, `block-${index}.ts`), `${code}\nexport {};\n`);
    });
    return messagesByPlace(compile(folder), blocks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(folder: string): string {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', folder, '--pretty', 'false'];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).stdout;
}

/** A message begins with its file; the lines that explain it further are indented. */
function messagesByPlace(
  output: string,
  blocks: readonly CodeBlock[],
): ReadonlyMap<string, string> {
  const messages = new Map<string, string>();
  for (const message of output.split(/\n(?=\S)/).filter((text) => /^(?!\.\.)\S/.test(text))) {
    const index = /^block-(\d+)\.ts/.exec(message)?.[1];
    const place = index === undefined ? '' : (blocks[Number(index)]?.place ?? '');
    messages.set(place, [messages.get(place), message].filter(Boolean).join('\n'));
  }
  return messages;
}
