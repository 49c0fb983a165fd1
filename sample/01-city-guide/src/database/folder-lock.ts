import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../start-error.js';

/**
 * Keeps a second process out of a folder: two embedded databases on the same files destroy them. The lock is
 * a file with the process id, so that the lock of a process which has died is not in the way.
 */
export class FolderLock {
  private constructor(private readonly file: string) {}

  /** @throws StartError when a living process holds it */
  static async take(folder: string): Promise<FolderLock> {
    const file = join(folder, 'in-use-by-process');
    if (!(await create(file))) {
      const holder = Number(await readFile(file, 'utf8').catch(() => ''));
      if (isAlive(holder)) throw inUse(folder, holder, file);
      await rm(file, { force: true });
      if (!(await create(file))) throw inUse(folder, holder, file);
    }
    return new FolderLock(file);
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

/** `false` when there is such a file already. */
async function create(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (isErrorWithCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** This process itself counts as dead: in a container every start has the same id. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrorWithCode(error, 'EPERM');
  }
}

function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function inUse(folder: string, holder: number, file: string): StartError {
  return new StartError(
    `${folder} is in use by process ${holder}. Stop it, or set DATA_FOLDER to another folder. ` +
      `If that process is something else, delete ${file}`,
  );
}
