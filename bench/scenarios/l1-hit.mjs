import { KEYS, keys } from '../data/objects.mjs';
import { filledPeer } from './filled-peer.mjs';
import { fullLruCache } from './full-memory.mjs';

/** Those of the peers that have a `get` beside what loads. */
const WITH_GET = ['layered-loader', 'bentocache', 'cacheable', 'cache-manager', 'type-cacheable'];
const OTHERS = ['async-cache-dedupe', 'p-memoize', 'memoizee'];

export const l1Hit = {
  name: 'l1-hit',
  title: `A hit in memory: ${KEYS} keys, zipf, objects of 1 KB, awaited one after another`,
  floor: 'lru-cache',
  concurrency: 1,
  callsPerLook: 100,
  needsRedis: true,
  contestants: {
    'lru-cache': async () => {
      const lru = await fullLruCache((index) => keys[index]);
      return { call: (index) => lru.get(keys[index]) };
    },
    'nestjs-cache-tier getOrCompute, coherence on': calls('nestjs-cache-tier', 'both', 'getOrSet'),
    'nestjs-cache-tier getOrCompute': calls('nestjs-cache-tier', 'l1', 'getOrSet'),
    'nestjs-cache-tier get, coherence on': calls('nestjs-cache-tier', 'both', 'get'),
    'nestjs-cache-tier get': calls('nestjs-cache-tier', 'l1', 'get'),
    'hand-rolled': calls('hand-rolled', 'both', 'getOrSet'),
    ...Object.fromEntries(
      WITH_GET.flatMap((name) => [
        [`${name} getOrSet`, calls(name, 'l1', 'getOrSet')],
        [`${name} get`, calls(name, 'l1', 'get')],
      ]),
    ),
    ...Object.fromEntries(OTHERS.map((name) => [name, calls(name, 'l1', 'getOrSet')])),
    'redis client-side cache': calls('redis client-side cache', 'l1', 'get'),
  },
};

function calls(name, level, verb) {
  return async (context) => {
    const peer = await filledPeer(name, level, context);
    const ask = peer[verb];
    return { call: (index) => ask(keys[index]), figures: peer.figures, end: peer.end };
  };
}
