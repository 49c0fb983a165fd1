import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { JudgedOutcome } from './outcome.js';
import { tableOf } from './report.js';
import { describeSurroundings } from './surroundings.js';
import type { Times } from './times.js';

const DIRECTORY = new URL('../results/', import.meta.url);

/** Stores a run: all figures as JSON, and the table with what it depends on as Markdown. @returns the table's path */
export async function storeResults(
  outcomes: readonly JudgedOutcome[],
  times: Times,
): Promise<string> {
  const date = new Date().toISOString();
  const { machine, versions } = await describeSurroundings();
  const name = date.slice(0, 16).replace(':', '');
  await mkdir(DIRECTORY, { recursive: true });
  const json = JSON.stringify({ date, machine, versions, times, outcomes }, null, 1);
  await writeFile(new URL(`${name}.json`, DIRECTORY), `${json}\n`);
  const path = new URL(`${name}.md`, DIRECTORY);
  const { warm, calm, fault, recovery, foreignKeys } = times;
  const notes = outcomes.flatMap(({ scenario, notes: noted, problems }) => [
    ...Object.entries(noted).map(([key, value]) => `- ${scenario.name}: ${key} ${value}`),
    ...problems.map(({ expected, found }) => `- ${scenario.name}, not met: ${expected}: ${found}`),
  ]);
  const text = [
    `# Faults, ${date.slice(0, 16).replace('T', ' ')} UTC`,
    `${machine}, ${Object.entries(versions)
      .map(([what, version]) => `${what} ${version}`)
      .join(', ')}`,
    `In milliseconds: ${warm} to warm up, ${calm} calm, ${fault} of fault, ${recovery} of recovery. ${foreignKeys} keys of others.`,
    tableOf(outcomes),
    [
      'Scenarios:',
      '',
      ...outcomes.map(({ scenario }) => `- ${scenario.name}: ${scenario.title}`),
    ].join('\n'),
    ...(notes.length === 0 ? [] : [['Noted:', '', ...notes].join('\n')]),
  ].join('\n\n');
  await writeFile(path, `${text}\n`);
  return fileURLToPath(path);
}
