import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { serveOrders } from '../process/serve-orders.js';
import { AppLog } from './app-log.js';
import { AppModule } from './app.module.js';
import type { AppSettings } from './app-orders.js';
import { Requests } from './requests.js';
import { Workbench } from './workbench.js';

const settings = JSON.parse(process.argv[2] ?? '') as AppSettings;
const log = new AppLog();
const requests = new Requests();
const app = await NestFactory.create(AppModule.of(settings), { logger: log, abortOnError: false });
app.use(requests.count);
// Before Nest is told.
process.prependListener('SIGTERM', () => requests.stop());
process.on('exit', () => {
  const { begun, finished } = requests.counts;
  process.stderr.write(`${finished} of ${begun} requests were answered\n`);
});
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
await app.listen(0, '127.0.0.1');
serveOrders(new Workbench(app, requests, log), await app.getUrl());
