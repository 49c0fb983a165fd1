import { KEYS, loadObject } from '../data/objects.mjs';
import { indicesByTurns } from '../harness/work.mjs';
import { openPeer } from '../peers/all.mjs';
import { lockedFill } from './miss-fill-lock.mjs';

const HAND_ROLLED = 'hand-rolled GET, load, SET';

/** Each key is asked for once: it is looked up, loaded, and stored in Redis and in memory. */
export const missFill = {
  name: 'miss-fill',
  title:
    'A miss in memory and Redis, a load that costs nothing, and the fill of both: objects of 1 KB, 64 under way',
  floor: HAND_ROLLED,
  concurrency: 64,
  callsPerLook: 5,
  // As in the hits of Redis: code that is not compiled yet is not what is to be measured.
  warmUp: 4000,
  needsRedis: true,
  countsCommands: true,
  indices: () => indicesByTurns(Infinity),
  notes: [
    'type-cacheable has one tier, Redis. What a lease costs is to be compared with the hand-rolled lock.',
  ],
  contestants: {
    [HAND_ROLLED]: fills('hand-rolled'),
    [`${HAND_ROLLED}, auto-pipelined`]: fills('hand-rolled', { autoPipelining: true }),
    'hand-rolled GET, SET NX lock, load, SET and DEL': lockedFill,
    'nestjs-cache-tier': fills('nestjs-cache-tier'),
    'layered-loader': fills('layered-loader'),
    'layered-loader, auto-pipelined': fills('layered-loader', { autoPipelining: true }),
    'async-cache-dedupe': fills('async-cache-dedupe', { autoPipelining: true }),
    bentocache: fills('bentocache'),
    'bentocache, auto-pipelined': fills('bentocache', { autoPipelining: true }),
    'redis client-side cache': fills('redis client-side cache'),
    cacheable: fills('cacheable'),
    'cache-manager': fills('cache-manager'),
    'type-cacheable': fills('type-cacheable', { autoPipelining: true, level: 'l2' }),
  },
};

function fills(name, { level = 'both', ...options } = {}) {
  return async (context) => {
    const opened = { ...context, ...options, maxItems: KEYS, load: counted };
    let loads = 0;
    let asked = 0;
    function counted(key) {
      loads += 1;
      return loadObject(key);
    }
    const peer = await openPeer(name, level, opened);
    return {
      call: (index) => {
        asked += 1;
        return peer.getOrSet(`city:${index}`);
      },
      figures() {
        peer.assertVerified?.();
        if (loads !== asked) throw new Error(`${loads} loads for ${asked} keys`);
      },
      end: peer.end,
    };
  };
}
