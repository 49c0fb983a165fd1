import { jest } from '@jest/globals';

jest.unstable_mockModule('ioredis', () => import('ioredis-5'));
const { describeConformance } = await import('./bus-cases.js');

describeConformance('5');
