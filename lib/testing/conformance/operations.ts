import type { Awaitable, CacheBackend } from '../../contract/cache-backend.js';
import { isBatch, isEntryStore, isFenced, isTtlAware } from '../../contract/capabilities.js';
import { bytes, LONG } from './check.js';
import { ANN } from './fence-answers.js';

/** A call of each operation that `backend` has, but for `healthCheck`. */
export function operationsOf(backend: CacheBackend): [string, () => Awaitable<unknown>][] {
  const value = bytes('value');
  const operations: [string, () => Awaitable<unknown>][] = [
    ['get', () => backend.get('key')],
    ['setWithTtl', () => backend.setWithTtl('key', value, LONG)],
    ['remove', () => backend.remove('key')],
  ];
  if (backend.removePattern !== undefined) {
    operations.push(['removePattern', () => backend.removePattern?.('*')]);
  }
  if (isTtlAware(backend)) operations.push(['getWithTtl', () => backend.getWithTtl('key')]);
  if (isBatch(backend)) {
    operations.push(
      ['getMany', () => backend.getMany(['key', 'other'])],
      ['setMany', () => backend.setMany([{ key: 'key', value, ttl: LONG }])],
      ['removeMany', () => backend.removeMany(['key', 'other'])],
    );
  }
  if (isFenced(backend)) {
    operations.push(
      ['getFenced', () => backend.getFenced('key')],
      ['getFencedMany', () => backend.getFencedMany(['key', 'other'])],
      ['lease', () => backend.lease('key', ANN, LONG)],
      ['fill', () => backend.fill('key', ANN, value, LONG)],
      ['replace', () => backend.replace('key', ANN, value, LONG)],
      ['renew', () => backend.renew('key', ANN, LONG)],
      ['release', () => backend.release('key', ANN)],
      ['discard', () => backend.discard(['key', 'other'])],
    );
  }
  if (isEntryStore(backend)) {
    operations.push(
      ['getEntry', () => backend.getEntry('key')],
      ['removeWhere', () => backend.removeWhere(() => true)],
      ['clear', () => backend.clear()],
    );
  }
  return operations;
}
