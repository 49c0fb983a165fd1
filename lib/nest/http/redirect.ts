import { REDIRECT_METADATA } from '@nestjs/common/constants.js';

/** What a handler says by `@Redirect()`. */
export interface RedirectDefaults {
  readonly url: string;
  readonly statusCode?: number;
}

/** Nest redirects only where there is a text. */
export function redirectOf(handler: object): RedirectDefaults | undefined {
  const redirect = Reflect.getMetadata(REDIRECT_METADATA, handler) as
    Partial<RedirectDefaults> | undefined;
  return typeof redirect?.url === 'string' ? (redirect as RedirectDefaults) : undefined;
}
