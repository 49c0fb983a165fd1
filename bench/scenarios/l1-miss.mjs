import { LRUCache } from 'lru-cache';
import { KEYS, loadObject } from '../data/objects.mjs';
import { indicesByTurns } from '../harness/work.mjs';
import { HOUR, openPeer } from '../peers/all.mjs';

const HAND_ROLLED = 'lru-cache and a Map of loads';

/** Each key is asked for once: it is looked up in memory, loaded, and kept. */
export const l1Miss = {
  name: 'l1-miss',
  title:
    'A miss in memory, and a load that costs nothing: objects of 1 KB, awaited one after another',
  floor: HAND_ROLLED,
  concurrency: 1,
  callsPerLook: 20,
  indices: () => indicesByTurns(Infinity),
  contestants: {
    [HAND_ROLLED]: handRolled,
    ...Object.fromEntries(
      [
        'nestjs-cache-tier',
        'layered-loader',
        'async-cache-dedupe',
        'bentocache',
        'cacheable',
        'cache-manager',
        'p-memoize',
        'memoizee',
        'type-cacheable',
      ].map((name) => [name, misses(name)]),
    ),
  },
};

function misses(name) {
  return async (context) => {
    const peer = await openPeer(name, 'l1', { ...context, maxItems: KEYS, load: loadObject });
    return { call: (index) => peer.getOrSet(`city:${index}`), end: peer.end };
  };
}

/** One load for those who want the same key at once. */
function handRolled() {
  const memory = new LRUCache({ max: KEYS, ttl: HOUR });
  const underWay = new Map();
  async function load(key) {
    try {
      const value = await loadObject(key);
      memory.set(key, value);
      return value;
    } finally {
      underWay.delete(key);
    }
  }
  return {
    call(index) {
      const key = `city:${index}`;
      const held = memory.get(key) ?? underWay.get(key);
      if (held !== undefined) return held;
      const loading = load(key);
      underWay.set(key, loading);
      return loading;
    },
  };
}
