// Requires the entry points that it is given, in a process that imports nothing, and prints what each exports.
const report = {};
for (const entry of process.argv.slice(2)) {
  report[entry] = { names: Object.keys(require(entry)).toSorted(), same: true };
}
process.stdout.write(JSON.stringify(report));
