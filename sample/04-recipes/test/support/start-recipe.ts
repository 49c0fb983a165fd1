import { resolve } from 'node:path';
import { AppProcess } from '../../../../test/support/app-process.js';
import { freePort } from '../../../../test/support/free-port.js';

/** Starts a built recipe in a process of its own, as its user starts it; without Redis, unless REDIS_URL is given. */
export async function startRecipe(
  recipe: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<AppProcess> {
  return AppProcess.start(resolve(import.meta.dirname, `../../dist/${recipe}/main.js`), {
    REDIS_URL: '',
    PRICES_PORT: String(await freePort()),
    ...environment,
  });
}
