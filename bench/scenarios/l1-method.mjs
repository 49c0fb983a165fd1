import { KEYS, keys, makeObject } from '../data/objects.mjs';
import { decoratedService } from './decorated-service.mjs';
import { filledPeer } from './filled-peer.mjs';
import { fullLruCache } from './full-memory.mjs';

// Indices, not objects: the argument is made at each call, as a caller would.
const queryOf = (index) => ({ city: keys[index], page: index % 10, language: 'de' });
const keyOfQuery = (query) => JSON.stringify(query);
const all = Array.from({ length: KEYS }, (_, index) => index);

export const l1MethodString = {
  name: 'l1-method-string',
  title: `A hit through a method with one string argument: ${KEYS} keys, zipf, objects of 1 KB`,
  floor: 'lru-cache keyed by the argument',
  concurrency: 1,
  callsPerLook: 100,
  needsRedis: true,
  contestants: {
    'lru-cache keyed by the argument': async () => {
      const lru = await fullLruCache((index) => keys[index]);
      return { call: (index) => lru.get(keys[index]) };
    },
    'lru-cache keyed by prefix + argument': async () => {
      const lru = await fullLruCache((index) => `CityService.find:${keys[index]}`);
      return { call: (index) => lru.get(`CityService.find:${keys[index]}`) };
    },
    'nestjs-cache-tier @Cached, coherence on': (context) => decorated({}, (i) => keys[i], context),
    'nestjs-cache-tier @Cached': () => decorated({}, (index) => keys[index]),
    'nestjs-cache-tier @Cached with a key': () =>
      decorated({ key: (id) => id }, (index) => keys[index]),
    'layered-loader': memoised('layered-loader', (index) => keys[index]),
    'p-memoize': memoised('p-memoize', (index) => keys[index]),
    memoizee: memoised('memoizee', (index) => keys[index]),
    'async-cache-dedupe': memoised('async-cache-dedupe', (index) => keys[index]),
    'cacheable wrap': memoised('cacheable', (index) => keys[index], { wrap: true }),
    'type-cacheable': memoised('type-cacheable', (index) => keys[index]),
    'type-cacheable, keys by md5': memoised('type-cacheable', (index) => keys[index], {
      md5Keys: true,
    }),
  },
};

export const l1MethodObject = {
  name: 'l1-method-object',
  title: `A hit through a method with one small object argument: ${KEYS} keys, zipf, objects of 1 KB`,
  floor: 'lru-cache keyed by the argument as JSON',
  concurrency: 1,
  callsPerLook: 100,
  needsRedis: true,
  contestants: {
    'lru-cache keyed by the argument as JSON': async () => {
      const lru = await fullLruCache((index) => keyOfQuery(queryOf(index)));
      return { call: (index) => lru.get(keyOfQuery(queryOf(index))) };
    },
    'nestjs-cache-tier @Cached, coherence on': (context) => decorated({}, queryOf, context),
    'nestjs-cache-tier @Cached': () => decorated({}, queryOf),
    'nestjs-cache-tier @Cached with a key': () => decorated({ key: keyOfQuery }, queryOf),
    'layered-loader': memoised('layered-loader', queryOf, { keyOf: keyOfQuery }),
    'p-memoize': memoised('p-memoize', queryOf, { keyOf: keyOfQuery }),
    memoizee: memoised('memoizee', queryOf, { keyOf: keyOfQuery }),
    'async-cache-dedupe': memoised('async-cache-dedupe', queryOf, { keyOf: keyOfQuery }),
    'cacheable wrap': memoised('cacheable', queryOf, { wrap: true }),
    'type-cacheable': memoised('type-cacheable', queryOf, { keyOf: keyOfQuery }),
    'type-cacheable, keys by md5': memoised('type-cacheable', queryOf, { md5Keys: true }),
  },
};

const load = async (argument) => makeObject(keys.indexOf(argument.city ?? argument));

function memoised(name, argumentOf, options) {
  return async (context) => {
    const names = all.map(argumentOf);
    const { getOrSet, figures, end } = await filledPeer(name, 'l1', context, {
      names,
      load,
      ...options,
    });
    return { call: (index) => getOrSet(argumentOf(index)), figures, end };
  };
}

async function decorated(options, argumentOf, context) {
  let loads = 0;
  const counted = (argument) => {
    loads += 1;
    return load(argument);
  };
  const { service, cache, end } = await decoratedService(options, counted, context);
  for (const index of all) await service.find(argumentOf(index));
  const { assertVerified } = await import('../peers/nestjs-cache-tier.mjs');
  const figures = () => {
    if (context) assertVerified(cache);
    if (loads !== KEYS) throw new Error(`${loads - KEYS} loads where all should hit`);
  };
  return { call: (index) => service.find(argumentOf(index)), figures, end };
}
