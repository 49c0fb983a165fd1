import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectedReport, load } from './support/entry-points.js';
import { Project } from './support/project.js';

const FREE = ['./core', './redis', './testing'];
const OTHERS = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/terminus',
  'ioredis',
  'keyv',
  'msgpackr',
  'reflect-metadata',
];

describe('a project with nothing but the package and rxjs', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.create({
      type: 'module',
      dependencies: { rxjs: '^7.8.0', '@types/node': '^20.19.0' },
    });
  });

  afterAll(() => project?.remove());

  it('installing the package brings no optional peer', () => {
    expect(OTHERS.filter((name) => project.has(name))).toEqual([]);
  });

  it.each(FREE)('"%s" can be imported and required without any optional package', async (entry) => {
    expect(await load(project, 'entry-points.mjs', [entry])).toEqual(expectedReport([entry]));
    expect(await load(project, 'entry-points.cjs', [entry])).toEqual(expectedReport([entry]));
  });

  it('"./core", "./redis" and "./testing" load no optional package that is there', async () => {
    await project.withTraps(OTHERS, async () => {
      expect(await load(project, 'entry-points.mjs', FREE)).toEqual(expectedReport(FREE));
    });
  });

  it('a cache works without Nest, and a tier whose package is absent says so', async () => {
    const { stdout, stderr } = await project.node('core-only.mjs');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      loads: 1,
      failure: { code: 'MISSING_PEER', message: expect.stringContaining('ioredis') },
    });
  });

  it('its types resolve without any optional package', async () => {
    expect(await project.compile('tsconfig.core.json')).toEqual([]);
  });
});
