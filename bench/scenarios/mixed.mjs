import { KEYS, loadObject, makeObject } from '../data/objects.mjs';
import { zipfIndices } from '../harness/work.mjs';
import { filledPeer } from './filled-peer.mjs';

const MANY = 100_000;
const names = Array.from({ length: MANY }, (_, index) => `city:${index}`);

/** Each so many-th operation is a write. */
const WRITE_EVERY = 20;
const READS = 1 - 1 / WRITE_EVERY;

export const mixed = {
  name: 'mixed',
  title: `${MANY} keys in Redis, memory for ${KEYS}, zipf, objects of 1 KB, 95 % reads and 5 % writes, 256 under way`,
  floor: 'hand-rolled, auto-pipelined',
  rounds: 7,
  roundTime: 400,
  warmUp: 2000,
  concurrency: 256,
  callsPerLook: 5,
  needsRedis: true,
  countsCommands: true,
  indices: () => zipfIndices(MANY),
  measures: [{ key: 'hitRatio', title: 'hits in memory', unit: '×', better: 'higher' }],
  // Who reads Redis by GET alone has answered the other reads from memory.
  derive: ({ gets, hitRatio = 1 - gets / READS }) => ({ hitRatio }),
  notes: [
    'hits in memory: reads that Redis was not asked for, those that waited for the look-up of another included.',
    'nestjs-cache-tier tells all others of each write, as it always does; "pub/sub" says who else does.',
  ],
  contestants: {
    'hand-rolled, auto-pipelined': mixes('hand-rolled', { autoPipelining: true }),
    'hand-rolled': mixes('hand-rolled'),
    'hand-rolled, MGET per turn': mixes('hand-rolled', { mget: true, figures: countReads }),
    'hand-rolled, auto-pipelined, pub/sub': mixes('hand-rolled', {
      autoPipelining: true,
      bus: true,
    }),
    'nestjs-cache-tier': mixes('nestjs-cache-tier', { figures: statsOf }),
    'layered-loader, auto-pipelined': mixes('layered-loader', { autoPipelining: true }),
    'layered-loader, auto-pipelined, pub/sub': mixes('layered-loader', {
      autoPipelining: true,
      bus: true,
    }),
    'async-cache-dedupe, auto-pipelined': mixes('async-cache-dedupe', { autoPipelining: true }),
    'bentocache, auto-pipelined': mixes('bentocache', { autoPipelining: true }),
    'bentocache, auto-pipelined, pub/sub': mixes('bentocache', {
      autoPipelining: true,
      bus: true,
    }),
    cacheable: mixes('cacheable'),
    'cache-manager': mixes('cache-manager'),
    'redis client-side cache': mixes('redis client-side cache'),
  },
};

function mixes(name, { figures, ...options } = {}) {
  return async (context) => {
    const peer = await filledPeer(name, 'both', context, {
      // What is asked for most comes last, and is in memory then.
      names: names.toReversed(),
      load: loadObject,
      maxItems: KEYS,
      ...options,
    });
    const further = figures?.(peer);
    let asked = 0;
    async function write(index) {
      const value = makeObject(index);
      await peer.set(names[index], value);
      return value;
    }
    return {
      call: (index) => (++asked % WRITE_EVERY === 0 ? write(index) : peer.getOrSet(names[index])),
      figures() {
        peer.figures();
        return further?.();
      },
      end: peer.end,
    };
  };
}

/** The hit ratio since the last time, by the statistics of this library. */
function statsOf({ cache }) {
  return ratioSince(() => {
    const { hits, misses, coalesced, tiers } = cache.stats();
    const below = tiers[1].hits;
    return { reads: hits + misses + coalesced, hits: hits - below + coalesced };
  });
}

/** The hit ratio since the last time, by what the peer counts itself. */
function countReads({ counts }) {
  return ratioSince(() => ({ reads: counts.reads, hits: counts.reads - counts.below }));
}

function ratioSince(look) {
  let before = look();
  return () => {
    const now = look();
    const hitRatio = (now.hits - before.hits) / (now.reads - before.reads);
    before = now;
    return { hitRatio };
  };
}
