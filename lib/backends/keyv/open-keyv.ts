import { Keyv } from 'keyv';
import { UnsupportedError } from '../../contract/errors.js';
import type { KeyvInstance, KeyvStore } from './keyv-options.js';

/** A Keyv of a backend's own. */
export interface OpenedKeyv {
  readonly keyv: Keyv;
  /** Takes off the storage adapter what the Keyv hears its errors with. */
  readonly stopListening: () => void;
}

/**
 * A Keyv over the same store and with the same settings, which throws what fails: another would answer a miss. The
 * given one is left as it is, as others may use it.
 */
export function openKeyv(store: KeyvStore): OpenedKeyv {
  const settings: { readonly store?: unknown } = isKeyv(store) ? store.opts : settingsOf(store);
  const before = new Set(errorListeners(settings.store));
  const keyv = new Keyv({ ...settings, emitErrors: true, throwOnErrors: true });
  const added = errorListeners(keyv.store).filter((listener) => !before.has(listener));
  if (!keyv.throwOnErrors) {
    throw new UnsupportedError(
      'A Keyv as a tier needs keyv 5.6 or newer: this one cannot throw what fails',
    );
  }
  if (isKeyv(store)) {
    keyv.hooks = store.hooks;
    keyv.stats = store.stats;
  }
  return {
    keyv,
    stopListening: () => {
      const { store: adapter } = keyv as { readonly store: Partial<Emitter> };
      for (const listener of added) adapter.off?.('error', listener);
    },
  };
}

/** What is asked of an adapter that emits events; it need not be an `EventEmitter`. */
interface Emitter {
  listeners(event: string): unknown;
  off(event: string, listener: unknown): unknown;
}

function errorListeners(adapter: unknown): unknown[] {
  const { listeners } = Object(adapter) as Partial<Emitter>;
  if (typeof listeners !== 'function') return [];
  const found: unknown = listeners.call(adapter, 'error');
  return Array.isArray(found) ? [...(found as unknown[])] : [];
}

/** Not `instanceof`: a Keyv that was required is of another class than one that was imported. */
function isKeyv(store: KeyvStore): store is KeyvInstance & Pick<Keyv, 'opts' | 'hooks' | 'stats'> {
  return 'opts' in store && 'hooks' in store && 'stats' in store;
}

/** Keyv would put its own namespace over the one that an adapter was made with. */
function settingsOf(store: KeyvStore): {
  store: KeyvStore;
  namespace?: string;
} {
  const namespace: unknown = Reflect.get(store, 'namespace');
  return typeof namespace === 'string' && namespace !== '' ? { store, namespace } : { store };
}
