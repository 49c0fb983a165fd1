import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { InstanceMessage } from '../instance-messages.js';
import { InstanceModule } from './instance.module.js';

// The launcher has gone, in whatever way.
process.once('disconnect', () => process.exit());

const app = await NestFactory.create(InstanceModule, {
  logger: ['warn', 'error'],
  forceCloseConnections: true,
});
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const message: InstanceMessage = { type: 'ready', url: await app.getUrl() };
process.send?.(message);
