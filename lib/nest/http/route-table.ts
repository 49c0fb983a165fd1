import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import { handlersOf, type HandlerFunction } from '../route-handlers.js';
import { isSafe } from './unsafe-request.js';
import { mayMeet, routePaths, type RoutePath } from './route-paths.js';

/** A route of an application. */
export interface Route {
  readonly type: HandlerFunction;
  readonly handler: HandlerFunction;
  readonly paths: readonly RoutePath[];
  /** Whether it takes methods whose answers are kept. */
  readonly isRead: boolean;
  /** Whether it takes methods by which something may be changed. */
  readonly isUnsafe: boolean;
}

/** The routes of an application, as its controllers declare them. */
export class RouteTable {
  readonly #routes: readonly Route[];

  constructor(modules: ModulesContainer) {
    this.#routes = [...modules.values()].flatMap(({ metatype, controllers }) => {
      const prefix = prefixOf(metatype, modules.applicationId);
      return [...controllers.values()].flatMap(({ metatype: type }) =>
        typeof type === 'function' ? routesOf(type, prefix) : [],
      );
    });
  }

  /** The routes that may be reached by a URL of this one, itself among them. */
  meeting(type: HandlerFunction, handler: HandlerFunction): readonly Route[] {
    const paths = this.#routes
      .filter((route) => route.type === type && route.handler === handler)
      .flatMap((route) => route.paths);
    return this.#routes.filter((route) =>
      route.paths.some((path) => paths.some((own) => mayMeet(own, path))),
    );
  }
}

const READS = [RequestMethod.GET, RequestMethod.HEAD, RequestMethod.ALL];

function routesOf(type: HandlerFunction, prefix: string): readonly Route[] {
  return handlersOf(type).map((handler) => {
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
    const isRead = READS.includes(method);
    const isUnsafe = method === RequestMethod.ALL || !isSafe(RequestMethod[method]);
    return { type, handler, paths: routePaths(prefix, type, handler), isRead, isUnsafe };
  });
}

/** What `RouterModule` has put before the paths of a module. */
function prefixOf(module: object, applicationId: string): string {
  const prefix: unknown =
    Reflect.getMetadata(MODULE_PATH + applicationId, module) ??
    Reflect.getMetadata(MODULE_PATH, module);
  return typeof prefix === 'string' ? prefix : '';
}
