import type { ModulesContainer } from '@nestjs/core';
import { InvalidOptionError } from '../contract/errors.js';
import { quote } from '../contract/quote.js';
import { CACHE_NAME } from './tokens.js';

/** The names of the application's caches, one for each registration; `undefined` is the unnamed one. */
export function registeredCaches(modules: ModulesContainer): (string | undefined)[] {
  return Array.from(modules.values()).flatMap((module) => {
    const wrapper = module.providers.get(CACHE_NAME);
    return wrapper === undefined ? [] : [(wrapper.instance as string | null) ?? undefined];
  });
}

/**
 * Two registrations under one name would be two caches of which each module sees one: what one part of the
 * application removes, another would go on serving.
 *
 * @throws InvalidOptionError
 */
export function assertOneCachePerName(modules: ModulesContainer): void {
  const names = registeredCaches(modules);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length === new Set(names).size) return;
  throw new InvalidOptionError(
    'name',
    twice === undefined
      ? 'CacheTierModule is registered twice without a name: import it once, in the root module, or give the second cache a name'
      : `two caches are called ${quote(twice)}: give each its own name`,
  );
}
