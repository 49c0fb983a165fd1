import { jest } from '@jest/globals';

jest.unstable_mockModule('ioredis', () => import('ioredis-5'));
const { describeConnection } = await import('./connection-cases.js');

describeConnection('5');
