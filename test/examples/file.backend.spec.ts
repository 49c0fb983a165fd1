import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BackendError } from '../../lib/contract/errors.js';
import { backendConformance } from '../../lib/testing/backend-conformance.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { FileBackend } from './file.backend.js';

describe('FileBackend, the example of a custom backend', () => {
  const clock = new ManualClock();
  let root = '';
  let folders = 0;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'file-backend-'));
    await writeFile(join(root, 'not-a-folder'), '');
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  const newFolder = (): string => join(root, `folder-${++folders}`);

  describe('keeps the promises of the contract', () => {
    const cases = backendConformance({
      capabilities: ['patterns', 'ttl'],
      create: () => new FileBackend(newFolder(), clock),
      clock,
      down: () => new FileBackend(join(root, 'not-a-folder', 'cache'), clock),
    });

    it.each(cases)('$name', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });

  it('finds what was stored before a restart, with what is left of its ttl', async () => {
    const folder = newFolder();
    await new FileBackend(folder, clock).setWithTtl('key', Buffer.from('value'), 1_000);
    await clock.advance(400);
    const found = await new FileBackend(folder, clock).getWithTtl('key');
    expect(Buffer.from(found?.value ?? []).toString()).toBe('value');
    expect(found?.ttl).toBe(600);
  });

  it('leaves nothing in the folder but one file for each key', async () => {
    const folder = newFolder();
    const backend = new FileBackend(folder, clock);
    const values = ['1', '2', '3', '4', '5'];
    await Promise.all(values.map((value) => backend.setWithTtl('key', Buffer.from(value), 1_000)));
    await backend.healthCheck();
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.entry$/)]);
  });

  it('cleans up what has expired, and leaves the rest', async () => {
    const folder = newFolder();
    const backend = new FileBackend(folder, clock);
    await backend.setWithTtl('short', Buffer.from('1'), 100);
    await backend.setWithTtl('long', Buffer.from('2'), 1_000);
    await clock.advance(100);
    expect(await readdir(folder)).toHaveLength(2);
    await backend.cleanupExpired();
    expect(await readdir(folder)).toHaveLength(1);
    expect(await backend.get('long')).toBeDefined();
  });

  it('takes a damaged file for a failure, not for a miss', async () => {
    const folder = newFolder();
    const backend = new FileBackend(folder, clock);
    await backend.setWithTtl('key', Buffer.from('value'), 1_000);
    const [name = ''] = await readdir(folder);
    await writeFile(join(folder, name), 'not a header');
    await expect(backend.get('key')).rejects.toThrow(BackendError);
  });
});

describe('the page about custom backends', () => {
  it('shows the backend that is tested here, word for word', async () => {
    const source = await readFile('test/examples/file.backend.ts', 'utf8');
    const page = await readFile('docs/custom-backend.md', 'utf8');
    const shown = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
    expect(shown).toContain(source.replace("'../../lib/core.js'", "'nestjs-cache-tier'"));
  });
});
