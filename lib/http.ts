export { HttpCache, NoHttpCache } from './nest/http/http-cache.decorator.js';
export { HttpCacheInterceptor } from './nest/http/http-cache.interceptor.js';
export { HttpCacheModule } from './nest/http/http-cache.module.js';
export type {
  HttpCacheMethod,
  HttpCacheOptions,
  HttpPrincipal,
} from './nest/http/http-cache.options.js';
