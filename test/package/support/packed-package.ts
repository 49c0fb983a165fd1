import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrFail } from './run-command.js';

/** One file of the tarball. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

/** What `npm publish` would send. */
export interface PackedPackage {
  /** A folder with nothing but the tarball, for whoever packed it to remove. */
  readonly directory: string;
  readonly tarball: string;
  /** Bytes, compressed. */
  readonly size: number;
  readonly files: readonly PackedFile[];
}

/** Packs the package as it has been built. */
export async function pack(root = process.cwd()): Promise<PackedPackage> {
  const directory = await mkdtemp(join(tmpdir(), 'cache-tier-packed-'));
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const answer: unknown = JSON.parse(await runOrFail('npm', args, root));
  // npm 12 answers with an object by package name where its predecessors answered with a list.
  const [packed] = Object.values(answer as object) as [
    { filename: string; size: number; files: PackedFile[] },
  ];
  const { filename, size, files } = packed;
  return { directory, tarball: join(directory, filename), size, files };
}
