import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { mayMeet, routePaths } from '../../../lib/nest/http/route-paths.js';
import { pathTag } from '../../../lib/nest/http/unsafe-request.js';

/** The paths of a route that is declared so. */
function pathsOf(prefix: string, outer: string | string[], inner?: string | string[]): string[] {
  @Controller(outer)
  class AnyController {
    @Get(inner)
    find(): void {}
  }
  const { value } = Object.getOwnPropertyDescriptor(AnyController.prototype, 'find') ?? {};
  return routePaths(prefix, AnyController, value as object & { name: string }).map((path) =>
    path.join('/'),
  );
}

describe('the paths of a route', () => {
  it.each([
    ['', 'cities', undefined, ['cities']],
    ['', '/Cities/', '/:id/', ['cities/:id']],
    ['/eu/', ['a', 'b'], ['c', 'd'], ['eu/a/c', 'eu/a/d', 'eu/b/c', 'eu/b/d']],
    ['', '', '', ['']],
  ])('in %j of %j and %j are %j', (prefix, outer, inner, paths) => {
    expect(pathsOf(prefix, outer, inner)).toEqual(paths);
  });
});

function meet(one: string, other: string): boolean {
  return mayMeet(one.split('/').filter(Boolean), other.split('/').filter(Boolean));
}

describe('two paths', () => {
  it.each([
    ['', ''],
    ['a', 'a'],
    ['a/:id', 'a/:name'],
    ['a/b', 'a/:name'],
    [':x/b', 'a/:y'],
    ['a/*', 'a/b/c'],
    ['a/*rest', 'a'],
    ['a{/:id}', 'a'],
    ['a/(\\d+)', 'a/1'],
    [':id.json', 'a'],
  ])('%j and %j may be one URL', (one, other) => {
    expect([meet(one, other), meet(other, one)]).toEqual([true, true]);
  });

  it.each([
    ['', 'a'],
    ['a', 'b'],
    ['a', 'a/:id'],
    ['a/:id', 'b/:id'],
    ['a/:id/c', 'a/:id/d'],
    ['b/*', 'a/b'],
  ])('%j and %j may not', (one, other) => {
    expect([meet(one, other), meet(other, one)]).toEqual([false, false]);
  });
});

function tagOf(url: string): string {
  return pathTag({ method: 'GET', url, headers: {} });
}

describe('the tag of a path', () => {
  it('is the same however the URL is written, and whatever its query', () => {
    expect(tagOf('/a%7eb?x=1')).toBe('http-path:/a~b');
    expect(tagOf('http://one.example/a~b')).toBe('http-path:/a~b');
  });

  it('is that of the URL as it came', () => {
    expect(pathTag({ method: 'GET', url: '/b', originalUrl: '/a/b', headers: {} })).toBe(
      'http-path:/a/b',
    );
  });

  it.each([`/${'a'.repeat(300)}`, '/\ud800'])('is a hash where it can be no tag', (path) => {
    expect(tagOf(path)).toMatch(/^http-path#[\w-]{43}$/);
    expect(tagOf(`${path}b`)).not.toBe(tagOf(path));
  });
});
