import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './packed-package.js';
import { runCommand, runOrFail, type Outcome } from './run-command.js';

export interface ProjectOptions {
  readonly type: 'module' | 'commonjs';
  /** What is installed beside the package itself. */
  readonly dependencies: Readonly<Record<string, string>>;
}

const APPS = join(process.cwd(), 'test/package/apps');

/** The code with which a process ends that has loaded a trap. */
export const TRAP_SPRUNG = 70;

/** A project of somebody who has installed the packed package, in a folder of its own. */
export class Project {
  private constructor(readonly directory: string) {}

  static async create({ type, dependencies }: ProjectOptions): Promise<Project> {
    const packed = await pack();
    const project = new Project(await mkdtemp(join(tmpdir(), 'cache-tier-project-')));
    try {
      await project.write('package.json', {
        private: true,
        type,
        dependencies: { 'nestjs-cache-tier': `file:${packed.tarball}`, ...dependencies },
      });
      const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
      await runOrFail('npm', ['install', '--prefer-offline', ...quiet], project.directory);
      await cp(APPS, project.directory, { recursive: true });
      return project;
    } catch (error) {
      await project.remove();
      throw error;
    } finally {
      await rm(packed.directory, { recursive: true, force: true });
    }
  }

  /** Whether a package is installed. */
  has(name: string): boolean {
    return existsSync(this.#path(name));
  }

  /** Runs a Node program to its end. */
  node(...args: string[]): Promise<Outcome> {
    return runCommand(process.execPath, args, this.directory);
  }

  /**
   * Compiles with the project's own TypeScript, or else with this repository's.
   *
   * @returns what is wrong, but for what is wrong within other people's declarations
   */
  async compile(config: string): Promise<string[]> {
    const own = this.#path('typescript/bin/tsc');
    const tsc = existsSync(own) ? own : join(process.cwd(), 'node_modules/typescript/bin/tsc');
    const { stdout, stderr } = await this.node(tsc, '-p', config, '--pretty', 'false');
    return `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith(' '))
      .filter((line) => !/^node_modules\/(?!nestjs-cache-tier\/)/.test(line));
  }

  /**
   * Calls `act` while each of `names`, installed or not, is a package that ends the process which loads it:
   * more than the absence of a package, this also shows an import whose failure is caught.
   */
  async withTraps<T>(names: readonly string[], act: () => Promise<T>): Promise<T> {
    const aside = join(this.directory, 'aside');
    try {
      for (const name of names) {
        if (this.has(name)) await move(this.#path(name), join(aside, name));
        await this.write(`node_modules/${name}/package.json`, { name, main: 'trap.cjs' });
        await this.write(
          `node_modules/${name}/trap.cjs`,
          `process.stderr.write('${name} was loaded'); process.exit(${TRAP_SPRUNG});`,
        );
      }
      return await act();
    } finally {
      for (const name of names) {
        await rm(this.#path(name), { recursive: true, force: true });
        if (existsSync(join(aside, name))) await move(join(aside, name), this.#path(name));
      }
    }
  }

  /** Writes a file: text as it is, anything else as JSON. */
  async write(file: string, content: unknown): Promise<void> {
    const path = join(this.directory, file);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.directory, 'node_modules', name);
  }
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(join(to, '..'), { recursive: true });
  await rename(from, to);
}
