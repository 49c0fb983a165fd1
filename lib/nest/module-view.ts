import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** A module of a running application. */
export type RunningModule = ModulesContainer extends Map<string, infer Module> ? Module : never;

/** Whether the providers of a module can be given what stands under `token`. */
export function canInject(module: RunningModule, token: InjectionToken): boolean {
  return module.providers.has(token) || Array.from(module.imports).some((i) => offers(i, token));
}

function offers(module: RunningModule, token: InjectionToken): boolean {
  if (module.exports.has(token) && module.providers.has(token)) return true;
  return Array.from(module.imports).some(
    (inner) => module.exports.has(inner.metatype) && offers(inner, token),
  );
}
