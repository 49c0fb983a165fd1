import { RESPONSE_PASSTHROUGH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';

const WRITERS = [RouteParamtypes.RESPONSE, RouteParamtypes.NEXT].map((kind) => `${kind}:`);

/** Whether a handler has `@Res()` or `@Next()` among its parameters. */
export function takesResponse(type: object, property: string | symbol): boolean {
  const parameters = Object.keys(
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, type, property) as object | undefined) ?? {},
  );
  return parameters.some((name) => WRITERS.some((writer) => name.startsWith(writer)));
}

/** Whether a handler has them, and Nest leaves the answer to it: what it returns is not sent. */
export function writesItself(type: object, property: string | symbol): boolean {
  if (Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, type, property) === true) return false;
  return takesResponse(type, property);
}
