import { resolve } from 'node:path';
import { AppProcess } from '../../../../test/support/app-process.js';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');

/**
 * Starts the built app in a process of its own, as its user starts it.
 *
 * @param environment PORT, DATA_FOLDER and their like; PORT is any free one by default
 */
export function startGuide(environment: Readonly<Record<string, string>>): Promise<AppProcess> {
  return AppProcess.start(MAIN, environment);
}
