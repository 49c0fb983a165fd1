import { Keyv } from 'keyv';
import { UnsupportedError } from '../../contract/errors.js';
import type { KeyvInstance, KeyvStore } from './keyv-options.js';

/**
 * A Keyv over the same store and with the same settings, which throws what fails: another would answer a miss. The
 * given one is left as it is, as others may use it.
 */
export function openKeyv(store: KeyvStore): Keyv {
  const settings = isKeyv(store) ? store.opts : settingsOf(store);
  const keyv = new Keyv({ ...settings, emitErrors: true, throwOnErrors: true });
  if (!keyv.throwOnErrors) {
    throw new UnsupportedError(
      'A Keyv as a tier needs keyv 5.6 or newer: this one cannot throw what fails',
    );
  }
  if (isKeyv(store)) {
    keyv.hooks = store.hooks;
    keyv.stats = store.stats;
  }
  return keyv;
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
