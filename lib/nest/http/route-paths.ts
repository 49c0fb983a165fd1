import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { HandlerFunction } from '../route-handlers.js';

/** A path as a route declares it, in its segments. */
export type RoutePath = readonly string[];

/** The paths of a route, without what all of them have before them. @param prefix that of its module */
export function routePaths(
  prefix: string,
  type: HandlerFunction,
  handler: HandlerFunction,
): readonly RoutePath[] {
  return declared(type).flatMap((outer) =>
    declared(handler).map((inner) => segmentsOf(`${prefix}/${outer}/${inner}`)),
  );
}

/** Whether a URL may be one of both. It errs on the side of those that may: what a parameter takes is not looked at. */
export function mayMeet(one: RoutePath, other: RoutePath): boolean {
  for (let at = 0; ; at++) {
    const mine = one[at];
    const theirs = other[at];
    if (isOpen(mine) || isOpen(theirs)) return true;
    if (mine === undefined || theirs === undefined) return mine === theirs;
    if (!isParameter(mine) && !isParameter(theirs) && mine !== theirs) return false;
  }
}

function declared(from: object): readonly string[] {
  const paths = Reflect.getMetadata(PATH_METADATA, from) as string | string[] | undefined;
  return [paths ?? ''].flat();
}

function segmentsOf(path: string): RoutePath {
  // Express takes no notice of capitals unless it is told to.
  return path.toLowerCase().split('/').filter(Boolean);
}

function isParameter(segment: string): boolean {
  return segment.includes(':');
}

/** Wildcards, and parts that may be missing: what follows may be anything. */
function isOpen(segment: string | undefined): boolean {
  return segment !== undefined && /[*{}()?+]/.test(segment);
}
