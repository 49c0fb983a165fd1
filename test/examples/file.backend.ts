import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  assertTtl,
  BackendError,
  compilePattern,
  systemClock,
  type Clock,
  type StoredValue,
  type TtlAwareBackend,
} from '../../lib/core.js';

interface StoredFile {
  readonly key: string;
  readonly expiresAt: number;
  readonly value: Uint8Array;
}

/** Keeps each value in a file of its own: it outlives a restart, and the processes of a host share it. */
export class FileBackend implements TtlAwareBackend {
  readonly name = 'file';

  constructor(
    private readonly folder: string,
    private readonly clock: Clock = systemClock,
  ) {}

  async get(key: string): Promise<Uint8Array | undefined> {
    return (await this.getWithTtl(key))?.value;
  }

  async getWithTtl(key: string): Promise<StoredValue | undefined> {
    const file = await this.attempt('get', () => readStored(this.pathOf(key)));
    if (file === undefined) return undefined;
    const ttl = file.expiresAt - this.clock.wallTime();
    return ttl > 0 ? { value: file.value, ttl } : undefined;
  }

  async setWithTtl(key: string, value: Uint8Array, ttl: number): Promise<void> {
    assertTtl(ttl);
    const header = JSON.stringify({ key, expiresAt: this.clock.wallTime() + ttl });
    const content = Buffer.concat([Buffer.from(`${header}\n`), value]);
    await this.attempt('setWithTtl', async () => {
      await mkdir(this.folder, { recursive: true });
      await replaceFile(this.pathOf(key), content);
    });
  }

  async remove(key: string): Promise<void> {
    await this.attempt('remove', () => rm(this.pathOf(key), { force: true }));
  }

  async removePattern(pattern: string): Promise<void> {
    const matches = compilePattern(pattern);
    await this.attempt('removePattern', () => this.removeFiles(({ key }) => matches(key)));
  }

  /** Expired files stay until they are replaced or this is called, by a timer for instance. */
  async cleanupExpired(): Promise<void> {
    const now = this.clock.wallTime();
    await this.attempt('cleanupExpired', () => this.removeFiles((file) => file.expiresAt <= now));
  }

  async healthCheck(): Promise<boolean> {
    const probe = join(this.folder, `${randomUUID()}.probe`);
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(probe, 'probe');
      return (await readFile(probe, 'utf8')) === 'probe';
    } catch {
      return false;
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }

  /** Any text is a key, but not every text is the name of a file: '../a', a long one, 'A' beside 'a'. */
  private pathOf(key: string): string {
    const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex');
    return join(this.folder, `${hash}.entry`);
  }

  private async removeFiles(isDoomed: (file: StoredFile) => boolean): Promise<void> {
    const names = (await unlessMissing(readdir(this.folder))) ?? [];
    for (const name of names.filter((file) => file.endsWith('.entry'))) {
      const path = join(this.folder, name);
      const file = await readStored(path);
      if (file !== undefined && isDoomed(file)) await rm(path, { force: true });
    }
  }

  /** A failure has to be seen as one: the cache counts it, and goes on without this tier. */
  private async attempt<T>(operation: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw new BackendError(this.name, operation, String(error), { cause: error });
    }
  }
}

/** A line of JSON, and then the value. */
async function readStored(path: string): Promise<StoredFile | undefined> {
  const content = await unlessMissing(readFile(path));
  if (content === undefined) return undefined;
  const end = content.indexOf('\n');
  const { key, expiresAt } = JSON.parse(content.toString('utf8', 0, end)) as StoredFile;
  return { key, expiresAt, value: content.subarray(end + 1) };
}

/** Readers find the old content or the new one, never a part. */
async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Only a file that is not there is a miss. */
async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
