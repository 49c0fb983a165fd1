import { KEYS, keys, makeObject } from '../data/objects.mjs';
import { decoratedService } from './decorated-service.mjs';
import { fullLruCache } from './full-memory.mjs';

// Indices, not objects: the argument is made at each call, as a caller would.
const queryOf = (index) => ({ city: keys[index], page: index % 10, language: 'de' });

export const l1MethodString = {
  name: 'l1-method-string',
  title: `A hit through a method with one string argument: ${KEYS} keys, zipf, objects of 1 KB`,
  floor: 'lru-cache keyed by the argument',
  concurrency: 1,
  callsPerLook: 1000,
  contestants: {
    'lru-cache keyed by the argument': async () => {
      const lru = await fullLruCache((index) => keys[index]);
      return { call: (index) => lru.get(keys[index]) };
    },
    '@Cached': () => decorated({}, (index) => keys[index]),
    '@Cached with a key': () => decorated({ key: (id) => id }, (index) => keys[index]),
  },
};

export const l1MethodObject = {
  name: 'l1-method-object',
  title: `A hit through a method with one small object argument: ${KEYS} keys, zipf, objects of 1 KB`,
  floor: 'lru-cache keyed by the argument as JSON',
  concurrency: 1,
  callsPerLook: 1000,
  contestants: {
    'lru-cache keyed by the argument as JSON': async () => {
      const lru = await fullLruCache((index) => JSON.stringify(queryOf(index)));
      return { call: (index) => lru.get(JSON.stringify(queryOf(index))) };
    },
    '@Cached': () => decorated({}, queryOf),
  },
};

async function decorated(options, argumentOf) {
  const { service, end } = await decoratedService(options, (argument) =>
    makeObject(keys.indexOf(argument.city ?? argument)),
  );
  for (let index = 0; index < KEYS; index++) await service.find(argumentOf(index));
  return { call: (index) => service.find(argumentOf(index)), end };
}
