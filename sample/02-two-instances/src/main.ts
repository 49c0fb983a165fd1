import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { LauncherModule } from './launcher/launcher.module.js';
import { servePage } from './launcher/serve-page.js';
import { System } from './launcher/system.js';
import { StartError } from './start-error.js';

/** Not to be changed: everybody who reaches the page may stop its Redis. */
const HOST = '127.0.0.1';

async function start(): Promise<void> {
  const port = parsePort(process.env['PORT']?.trim() || '3000');
  const app = await NestFactory.create<NestExpressApplication>(LauncherModule, {
    abortOnError: false,
    logger: ['warn', 'error'],
    // A browser keeps connections at hand that would hold up the end.
    forceCloseConnections: true,
  });
  servePage(app);
  app.enableShutdownHooks();
  await app.listen(port, HOST);
  const url = await app.getUrl();
  await app.get(System).start(url, (reason) => {
    console.error(reason);
    void app.close().finally(() => process.exit(1));
  });
  console.log(`The two instances are at ${url}`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StartError(`PORT is a whole number from 0 to 65535; got ${JSON.stringify(text)}`);
  }
  return port;
}

/** What is to be done about it, where that is known; else the error with all that it has. */
function explain(error: unknown): unknown {
  if (error instanceof StartError) return error.message;
  if (error instanceof Error && 'code' in error && 'port' in error) {
    const port = String(error.port);
    if (error.code === 'EADDRINUSE') {
      return `Port ${port} is in use. Stop what listens there, or choose another: PORT=3001 npm start -w sample/02-two-instances`;
    }
    if (error.code === 'EACCES') {
      return `Port ${port} may not be used by this user. Choose another: PORT=3001 npm start -w sample/02-two-instances`;
    }
  }
  return error;
}

start().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
