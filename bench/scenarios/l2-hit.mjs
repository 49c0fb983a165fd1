import { KEYS, indexOf, keys, makeLargeObject, makeObject } from '../data/objects.mjs';
import { indicesByTurns } from '../harness/work.mjs';
import { filledPeer } from './filled-peer.mjs';
import { bareRedis } from './l2-bare.mjs';

/** More than are under way at once. */
const LARGE_KEYS = 640;

const sizes = {
  '1k': {
    title: 'objects of 1 KB',
    count: KEYS,
    make: makeObject,
    callsPerLook: 10,
    rounds: 11,
    roundTime: 150,
  },
  '64k': {
    title: 'objects of 64 KB',
    count: LARGE_KEYS,
    make: makeLargeObject,
    callsPerLook: 1,
    rounds: 7,
    roundTime: 300,
  },
};

/**
 * A hit in Redis with nothing in memory, of objects of a size, with so many calls under way. The keys come by turns, so
 * that none is asked for twice at once: who shares look-ups would be faster than the floor, which does not.
 */
export function l2Hit(size, concurrency) {
  const { title, count, make, callsPerLook, rounds, roundTime } = sizes[size];
  const names = keys.slice(0, count);
  const several = concurrency > 1;
  const bare = (options) => bareRedis({ names, make, ...options });
  const calls = (name, options, verb = 'getOrSet') =>
    peerCalls(name, verb, { names, load: async (key) => make(indexOf(key)), ...options });
  // Auto-pipelining costs where there is nothing to put together.
  const plain = 'ioredis GET + decode';
  const pipelined = 'ioredis GET + decode, auto-pipelined';
  return {
    name: `l2-hit-${size}-c${concurrency}`,
    title: `A hit in Redis, memory always cold: ${count} keys by turns, ${title}, ${concurrency} under way`,
    floor: several ? pipelined : plain,
    concurrency,
    callsPerLook,
    rounds,
    roundTime,
    // Calls that wait for Redis are few, and code that is not compiled yet is not what is to be measured.
    warmUp: 4000,
    needsRedis: true,
    countsCommands: true,
    indices: () => indicesByTurns(count),
    contestants: {
      [plain]: bare({ codec: 'ours' }),
      [pipelined]: bare({ codec: 'ours', autoPipelining: true }),
      'ioredis GET + JSON.parse': bare({ codec: 'json' }),
      'ioredis GET + JSON.parse, auto-pipelined': bare({ codec: 'json', autoPipelining: true }),
      'ioredis MGET per turn + decode': bare({ codec: 'ours', mget: true }),
      'nestjs-cache-tier getOrCompute': calls('nestjs-cache-tier'),
      'nestjs-cache-tier get': calls('nestjs-cache-tier', {}, 'get'),
      'layered-loader': calls('layered-loader'),
      'layered-loader, auto-pipelined': calls('layered-loader', { autoPipelining: true }),
      bentocache: calls('bentocache'),
      'bentocache, auto-pipelined': calls('bentocache', { autoPipelining: true }),
      'async-cache-dedupe': calls('async-cache-dedupe', { autoPipelining: several }),
      'redis without client-side cache': calls('redis client-side cache'),
      cacheable: calls('cacheable'),
      'cache-manager': calls('cache-manager'),
      'type-cacheable': calls('type-cacheable', { autoPipelining: several }),
    },
  };
}

function peerCalls(name, verb, options) {
  return async (context) => {
    const peer = await filledPeer(name, 'l2', context, options);
    const ask = peer[verb];
    return { call: (index) => ask(options.names[index]), figures: peer.figures, end: peer.end };
  };
}
