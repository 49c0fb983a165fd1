import { Module, type DynamicModule } from '@nestjs/common';
import { checkHttpOptions, type HttpCacheOptions } from './http-cache.options.js';

/** What routes are cached by where neither they nor their class say. */
export const HTTP_CACHE_DEFAULTS = Symbol('nestjs-cache-tier:http-cache-defaults');

/**
 * The defaults of `HttpCacheInterceptor` for the whole application. It is needed only where there are any.
 *
 * @publicApi
 */
@Module({})
export class HttpCacheModule {
  /** @throws InvalidOptionError and InvalidTtlError */
  static forRoot(options: HttpCacheOptions): DynamicModule {
    checkHttpOptions(options, 'HttpCacheModule.forRoot');
    return {
      module: HttpCacheModule,
      global: true,
      providers: [{ provide: HTTP_CACHE_DEFAULTS, useValue: options }],
      exports: [HTTP_CACHE_DEFAULTS],
    };
  }
}
