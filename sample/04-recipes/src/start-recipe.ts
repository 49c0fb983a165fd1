import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { portSetting, SettingError } from './port-setting.js';

const HOST = '127.0.0.1';

/**
 * Starts the HTTP side of a recipe, on PORT.
 *
 * @param before what has to be running before it
 */
export async function startRecipe(
  title: string,
  module: Type,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  try {
    const port = portSetting('PORT', 3000);
    await before();
    const app = await NestFactory.create(module, {
      abortOnError: false,
      // A client keeps connections at hand that would hold up the end.
      forceCloseConnections: true,
    });
    app.enableShutdownHooks();
    await app.listen(port, HOST);
    console.log(`${title} is at ${await app.getUrl()}`);
  } catch (error) {
    console.error(explain(error));
    process.exit(1);
  }
}

/** What is to be done about it, where that is known; else the error with all that it has. */
function explain(error: unknown): unknown {
  if (error instanceof SettingError) return error.message;
  if (error instanceof Error && 'code' in error && 'port' in error && error.code === 'EADDRINUSE') {
    return `Port ${String(error.port)} is in use. Stop what listens there, or choose another by PORT (of the microservice: by PRICES_PORT).`;
  }
  return error;
}
