// Run it after a change of dependencies: node scripts/complete-lockfile.mjs package-lock.json
// A registry mirror may lack the optional packages of other platforms. npm then writes a lockfile without
// them, and `npm ci` refuses that lockfile. This adds them, by what their dependents say of them.
import { readFileSync, writeFileSync } from 'node:fs';

const [, , file = 'package-lock.json'] = process.argv;
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;
let added = 0;
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const platform = isLocked(path, name) ? undefined : platformOf(name);
    if (platform === undefined) continue;
    packages[`node_modules/${name}`] = {
      version,
      ...(dev && { dev }),
      ...platform,
      optional: true,
    };
    added++;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(packages).toSorted(([one], [other]) => one.localeCompare(other, 'en')),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${file}: ${added} optional packages added`);

/** Whether the package is found from `path` as Node looks for it, from the inside out. */
function isLocked(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

/** The platform that a package is for, as its name tells. */
function platformOf(name) {
  const os = /darwin|linux|win32|android|freebsd|openharmony/.exec(name)?.[0];
  const cpu = /arm64|x64|ia32|ppc64|riscv64|s390x|loong64|arm/.exec(name)?.[0];
  if (os === undefined || cpu === undefined) return undefined;
  const libc = /musl/.test(name) ? 'musl' : /gnu/.test(name) ? 'glibc' : undefined;
  return { cpu: [cpu], os: [os], ...(os === 'linux' && libc !== undefined && { libc: [libc] }) };
}
