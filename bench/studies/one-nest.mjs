import { register } from 'node:module';

/**
 * From now on every import of Nest in this process is that of bench/: dist/ would take the repository's, and what comes
 * from two copies of Nest does not know each other.
 */
export function oneNest() {
  register(import.meta.url);
}

const SHARED = /^(@nestjs\/|rxjs($|\/)|reflect-metadata($|\/))/;

/** The hook by which Node resolves what is imported. */
export function resolve(specifier, context, next) {
  if (!SHARED.test(specifier)) return next(specifier, context);
  return next(specifier, { ...context, parentURL: import.meta.url });
}
