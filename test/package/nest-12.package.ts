import { describe } from '@jest/globals';
import { checkProject } from './support/check-project.js';

describe('a project of ES modules on Nest 12', () => {
  checkProject({
    type: 'module',
    dependencies: {
      '@nestjs/common': '^12.0.0',
      '@nestjs/core': '^12.0.0',
      '@nestjs/platform-express': '^12.0.0',
      '@nestjs/terminus': '^12.0.0',
      '@types/node': '^20.19.0',
      ioredis: '^6.0.0',
      keyv: '^5.6.0',
      msgpackr: '^2.0.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
    },
    configs: ['tsconfig.json'],
    degraded: { overall: 'degraded', cache: { status: 'degraded' } },
  });
});
