import { jest } from '@jest/globals';

jest.unstable_mockModule('ioredis', () => import('ioredis-5'));
const { RedisServer } = await import('../../support/redis-server.js');
const { describeConformance } = await import('./conformance-cases.js');

describeConformance('by url, with ioredis 5', async () => {
  const server = await RedisServer.start();
  return { connect: { url: server.url }, stop: () => server.stop() };
});
