// Imports and requires the entry points that it is given, and prints what each exports.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const report = {};
for (const entry of process.argv.slice(2)) {
  const imported = await import(entry);
  const required = require(entry);
  const names = Object.keys(imported).toSorted();
  // `module.exports` and `__esModule` are what some versions of Node add where a module is required.
  report[entry] = { names, same: names.every((name) => imported[name] === required[name]) };
}
process.stdout.write(JSON.stringify(report));
