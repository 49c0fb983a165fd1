import type { Answer } from '../../src/cities.service.js';

/** Asks the app at an address. */
export class Client {
  constructor(private readonly url: string) {}

  async get<T = Answer>(path: string, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(new URL(path, this.url), { headers });
    return (await response.json()) as T;
  }

  /** What a header of the answer says. */
  async header(path: string, name: string): Promise<string | null> {
    const response = await fetch(new URL(path, this.url));
    await response.body?.cancel();
    return response.headers.get(name);
  }

  async add(name: string): Promise<void> {
    await fetch(new URL('/cities', this.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
  }
}
