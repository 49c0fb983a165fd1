import { indexOf, loadObject, makeObject } from '../data/objects.mjs';
import { indicesByTurns } from '../harness/work.mjs';
import { openPeer } from '../peers/all.mjs';
import { filledPeer } from './filled-peer.mjs';
import { checkBatch, batchOf, cold, hot, MEMORY } from './batches.mjs';

const loadMany = async (keys) => new Map(keys.map((key) => [key, makeObject(indexOf(key))]));
const keyOfValue = ({ id }) => `city:${id}`;
const noLoad = () => {
  throw new Error('Loaded what Redis has');
};
const inOrder = { concurrency: 1, callsPerLook: 1, needsRedis: true, countsCommands: true };
const indices = () => indicesByTurns(Infinity);

export const getMany = {
  name: 'get-many',
  title: '100 keys at once, of which memory has 50 and Redis the others: objects of 1 KB',
  floor: 'MGET by hand',
  ...inOrder,
  indices,
  check: (values, index) => checkBatch(values, batchOf(index, cold)),
  contestants: {
    'MGET by hand': filled('hand-rolled', (peer, keys) => peer.getMany(keys, noLoad)),
    'nestjs-cache-tier getMany': filled('nestjs-cache-tier', (peer, keys) => peer.getMany(keys)),
    'nestjs-cache-tier getOrComputeMany': filled('nestjs-cache-tier', (peer, keys) =>
      peer.getOrSetMany(keys, noLoad),
    ),
    'nestjs-cache-tier, 100 calls one after another': filled('nestjs-cache-tier', oneByOne),
    'nestjs-cache-tier, 100 calls at once': filled('nestjs-cache-tier', atOnce),
    'layered-loader': filled('layered-loader', (peer, keys) => peer.getMany(keys)),
    cacheable: filled('cacheable', (peer, keys) => peer.getMany(keys)),
  },
};

export const computeMany = {
  name: 'compute-many',
  title:
    '100 keys at once, of which memory has 50 and the others are loaded and stored: objects of 1 KB',
  floor: 'MGET, load, pipeline of SETs by hand',
  ...inOrder,
  indices,
  check: (values, index) => checkBatch(values, batchOf(index)),
  contestants: {
    'MGET, load, pipeline of SETs by hand': opened('hand-rolled', (peer, keys) =>
      peer.getMany(keys, loadMany),
    ),
    'nestjs-cache-tier getOrComputeMany': opened('nestjs-cache-tier', (peer, keys) =>
      peer.getOrSetMany(keys, loadMany),
    ),
    'nestjs-cache-tier, 100 calls one after another': opened('nestjs-cache-tier', oneByOne),
    'nestjs-cache-tier, 100 calls at once': opened('nestjs-cache-tier', atOnce),
    'layered-loader': opened('layered-loader', (peer, keys) => peer.getMany(keys)),
  },
};

async function oneByOne(peer, keys) {
  const values = [];
  for (const key of keys) values.push(await peer.getOrSet(key));
  return values;
}

function atOnce(peer, keys) {
  return Promise.all(keys.map((key) => peer.getOrSet(key)));
}

/** A contestant whose keys are all in Redis, and those that are asked for each time in memory. */
function filled(name, ask) {
  return async (context) => {
    const names = [...cold, ...hot];
    const peer = await filledPeer(name, 'both', context, { names, maxItems: MEMORY, keyOfValue });
    const call = async (index) => ask(peer, batchOf(index, cold));
    return { call, figures: peer.figures, end: peer.end };
  };
}

/** A contestant that has half of the keys of each batch, and never had the others. */
function opened(name, ask) {
  return async (context) => {
    const peer = await openPeer(name, 'both', {
      ...context,
      maxItems: MEMORY,
      load: loadObject,
      loadMany: async (keys) => [...(await loadMany(keys)).values()],
      keyOfValue,
    });
    for (const key of hot) await peer.getOrSet(key);
    const call = async (index) => ask(peer, batchOf(index));
    return { call, figures: () => peer.assertVerified?.(), end: peer.end };
  };
}
