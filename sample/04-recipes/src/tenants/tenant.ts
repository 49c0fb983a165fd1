import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Scope, UnauthorizedException } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import type { TieredCache } from 'nestjs-cache-tier';
import { TenantCaches } from './tenant-caches.js';
import { TenantDirectory } from './tenant-directory.js';

/**
 * Whose request this is, and the cache as they see it. It is made for each request, from what the client has proved and
 * never from what it merely says. What injects it is made for each request, too.
 */
@Injectable({ scope: Scope.REQUEST })
export class Tenant {
  readonly id: string;
  readonly cache: TieredCache;

  /** @throws UnauthorizedException, before any handler runs, when nobody has this API key */
  constructor(
    @Inject(REQUEST) request: IncomingMessage,
    directory: TenantDirectory,
    caches: TenantCaches,
  ) {
    const apiKey = request.headers['x-api-key'];
    const id = typeof apiKey === 'string' ? directory.tenantOf(apiKey) : undefined;
    if (id === undefined) throw new UnauthorizedException();
    this.id = id;
    this.cache = caches.of(id);
  }
}
