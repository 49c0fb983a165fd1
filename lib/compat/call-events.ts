import { EventEmitter } from 'node:events';
import type { CacheManagerEvents, FurtherEvents } from './cache.js';

export type EventName = keyof CacheManagerEvents | keyof FurtherEvents;
export type Listener =
  CacheManagerEvents[keyof CacheManagerEvents] | FurtherEvents[keyof FurtherEvents];

/** The events of a cache: one for each call, when it is done. What a listener throws reaches who waits for the call. */
export class CallEvents {
  readonly #emitter = new EventEmitter();

  on(event: EventName, listener: Listener): EventEmitter {
    return this.#emitter.addListener(event, listener);
  }

  off(event: EventName, listener: Listener): EventEmitter {
    return this.#emitter.removeListener(event, listener);
  }

  emit(event: EventName, data: unknown): void {
    if (data === undefined) this.#emitter.emit(event);
    else this.#emitter.emit(event, data);
  }

  /** Does the work of a call, and emits how it went. @throws what the work throws */
  async around(
    event: EventName,
    data: object | undefined,
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.emit(event, data === undefined ? error : { ...data, error });
      throw error;
    }
    this.emit(event, data);
  }
}
