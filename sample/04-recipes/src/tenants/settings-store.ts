import { Injectable, Logger } from '@nestjs/common';

export interface Settings {
  readonly tenant: string;
  readonly theme: string;
}

/** Stands for your database: what it is asked is logged, so that it can be seen what the cache spares. */
@Injectable()
export class SettingsStore {
  readonly #logger = new Logger(SettingsStore.name);
  readonly #themes = new Map<string, string>();

  async find(tenant: string): Promise<Settings> {
    this.#logger.log(`reads the settings of ${tenant}`);
    return { tenant, theme: this.#themes.get(tenant) ?? 'light' };
  }

  async save({ tenant, theme }: Settings): Promise<void> {
    this.#themes.set(tenant, theme);
  }
}
