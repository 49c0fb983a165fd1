import { Injectable } from '@nestjs/common';
import type { Price } from '../price.js';

/** The store as an instance sees it: over the network. */
@Injectable()
export class StoreClient {
  readonly #url = `${process.env['STORE_URL']}/store/price`;

  async read(): Promise<Price> {
    return (await this.#ask({})).json() as Promise<Price>;
  }

  async change(euros: number): Promise<void> {
    await this.#ask({
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ euros }),
    });
  }

  async #ask(request: RequestInit): Promise<Response> {
    const response = await fetch(this.#url, { ...request, signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`the store answers with status ${response.status}`);
    return response;
  }
}
