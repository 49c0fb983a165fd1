import { Injectable } from '@nestjs/common';

/** Stands for your authentication: who has this API key? */
@Injectable()
export class TenantDirectory {
  readonly #tenants = new Map([
    ['key-of-acme', 'acme'],
    ['key-of-acme-east', 'acme-east'],
    ['key-of-globex', 'globex'],
  ]);

  tenantOf(apiKey: string): string | undefined {
    return this.#tenants.get(apiKey);
  }
}
