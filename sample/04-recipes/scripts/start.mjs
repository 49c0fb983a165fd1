// Runs one of the recipes from whatever state the clone is in: npm start -w sample/04-recipes -- typeorm
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, ensurePackages, run } from '../../../scripts/run.mjs';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const recipes = readdirSync(join(folder, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const [recipe = ''] = process.argv.slice(2);

if (!recipes.includes(recipe)) {
  console.error(`Usage: npm start -w sample/04-recipes -- ${recipes.join('|')}`);
  process.exit(2);
}

ensurePackages();
build();
run('npm', ['run', 'build', '--silent'], { cwd: folder });
// In this process, so that the signals that are sent to it reach the app.
await import(`../dist/${recipe}/main.js`);
