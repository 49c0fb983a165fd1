import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { servePage } from './page/serve-page.js';
import { Settings } from './settings/settings.js';
import { StartError } from './start-error.js';
import { StartLogger } from './start-logger.js';

async function start(): Promise<void> {
  const { port, host } = Settings.fromEnvironment(process.env);
  // Told now, and not after the places have been loaded.
  await assertFree(port, host);
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    abortOnError: false,
    logger: new StartLogger(),
  });
  servePage(app);
  app.enableShutdownHooks();
  await app.listen(port, host);
  console.log(`The city guide is at ${await app.getUrl()}`);
}

/** Takes the port for a moment. */
async function assertFree(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/** What is to be done about it, where that is known; else the error with all that it has. */
function explain(error: unknown): unknown {
  if (error instanceof StartError) return error.message;
  if (error instanceof Error && 'code' in error && 'port' in error) {
    const port = String(error.port);
    if (error.code === 'EADDRINUSE') {
      return `Port ${port} is in use. Stop what listens there, or choose another: PORT=3001 npm start`;
    }
    if (error.code === 'EACCES') {
      return `Port ${port} may not be used by this user. Choose another: PORT=3001 npm start`;
    }
  }
  return error;
}

start().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
