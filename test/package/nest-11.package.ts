import { describe } from '@jest/globals';
import { checkProject } from './support/check-project.js';

describe('a project of CommonJS on Nest 11', () => {
  checkProject({
    type: 'commonjs',
    dependencies: {
      '@nestjs/common': '^11.0.0',
      '@nestjs/core': '^11.0.0',
      '@nestjs/platform-express': '^11.0.0',
      '@nestjs/terminus': '^11.0.0',
      '@types/node': '^20.19.0',
      ioredis: '^5.0.0',
      keyv: '^5.6.0',
      msgpackr: '^1.11.0',
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
      typescript: '^5.9.0',
    },
    configs: ['tsconfig.json', 'tsconfig.node10.json'],
    degraded: { overall: 'ok', cache: { status: 'up', degraded: true } },
  });
});
