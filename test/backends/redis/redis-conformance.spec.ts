import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { RedisServer } from '../../support/redis-server.js';
import { describeConformance } from './conformance-cases.js';

describeConformance('by url', async () => {
  const server = await RedisServer.start({ password: 'secret' });
  return { connect: { url: server.url }, stop: () => server.stop() };
});

describeConformance('by options', async () => {
  const server = await RedisServer.start({ password: 'secret' });
  const options = { host: '127.0.0.1', port: server.port, password: 'secret', db: 3 };
  return { connect: { options }, stop: () => server.stop() };
});

for (const [version, connect] of [
  ['6', (port: number) => new Redis({ port, lazyConnect: true })],
  ['5', (port: number) => new Redis5({ port, lazyConnect: true })],
] as const) {
  describeConformance(`by a client of ioredis ${version}`, async () => {
    const server = await RedisServer.start();
    const client = connect(server.port);
    const stop = async (): Promise<void> => {
      client.disconnect();
      await server.stop();
    };
    return { connect: { client }, stop };
  });
}
