import { RATIO } from '../harness/figures.mjs';
import { addRatios, contestantsOf } from '../studies/figures.mjs';
import { routes } from '../studies/http-routes.mjs';
import { inTurns } from '../studies/in-turns.mjs';
import { startWorker, withWorkers } from '../studies/start-worker.mjs';

const SERVER = new URL('../studies/http-server.mjs', import.meta.url).href;
const CLIENT = new URL('../studies/http-client.mjs', import.meta.url).href;
const FLOOR = 'bare route';
const PEER = 'CacheInterceptor, fast store';
const WARM_REQUESTS = 5000;

/**
 * A Nest application with one route, `GET /cities/:id`, which answers one of 16 objects of 1 KB: as a constant, by an
 * lru-cache in the handler, by this library, and by the interceptor of `@nestjs/cache-manager`, always a hit. Each
 * has a server process of its own; autocannon, in another, asks 32 at a time, so that the server is busy, and checks
 * every answer. A round takes as many requests as the bare route answers in its time (`--time`) or so.
 *
 * What a hit adds is how much longer a request takes than at the bare route in the same round: of the time that
 * passes, and of the processor time of the server, which other work on the machine disturbs less. It is a small
 * difference of large numbers: many short rounds, and the medians of all. The last column compares the median of the
 * added processor time with that of the interceptor on its fast store.
 */
export function httpRoute(platform) {
  return {
    name: `http-route-${platform}`,
    title: `A cached hit through a Nest route on ${platform}, against a route that answers a constant`,
    floor: FLOOR,
    rounds: 25,
    roundTime: 250,
    async measure({ rounds, roundTime, only }) {
      const names = Object.keys(routes).filter((name) => name === PEER || only(name));
      const starts = names.map((name) => startWorker(SERVER, name, { platform }));
      const measured = await withWorkers([startWorker(CLIENT, 'autocannon'), ...starts], (all) =>
        measureServers(names, all, { rounds, roundTime }),
      );
      addRatios(measured, FLOOR, 'speed');
      addCosts(measured);
      const contestants = contestantsOf(measured);
      addShares(contestants);
      return { measures: MEASURES, contestants };
    },
  };
}

const lower = (key, title, unit) => ({ key, title, unit, better: 'lower' });

const MEASURES = [
  { key: 'speed', title: 'requests/s', unit: 'ops/s', better: 'higher' },
  RATIO,
  lower('cpu', 'CPU µs/request', 'µs'),
  lower('addedTime', 'added µs', 'µs'),
  { ...lower('addedCpu', 'added CPU µs', 'µs'), spread: true },
  lower('share', "of the interceptor's", '×'),
];

async function measureServers(names, [client, ...servers], { rounds, roundTime }) {
  const urls = await Promise.all(servers.map((server) => server.call('url')));
  for (const url of urls) await client.call('ask', { url, amount: WARM_REQUESTS });
  const floorUrl = urls[names.indexOf(FLOOR)];
  const warm = await client.call('ask', { url: floorUrl, amount: WARM_REQUESTS });
  const amount = Math.ceil((WARM_REQUESTS * roundTime * 1000) / warm);
  const loads = await Promise.all(servers.map((server) => server.call('loads')));
  const measured = await inTurns(names, rounds, async (name) => {
    const server = servers[names.indexOf(name)];
    const cpuBefore = await server.call('cpu');
    const time = await client.call('ask', { url: urls[names.indexOf(name)], amount });
    const cpu = (await server.call('cpu')) - cpuBefore;
    return { speed: (amount / time) * 1e6, time: time / amount, cpu: cpu / amount };
  });
  for (const [at, server] of servers.entries()) {
    if ((await server.call('loads')) !== loads[at]) throw new Error(`${names[at]} had misses.`);
  }
  return measured;
}

function addCosts(measured) {
  const floor = measured.get(FLOOR);
  for (const [name, rounds] of measured) {
    if (name === FLOOR) continue;
    for (const [at, round] of rounds.entries()) {
      round.addedTime = round.time - floor[at].time;
      round.addedCpu = round.cpu - floor[at].cpu;
    }
  }
}

/** One comparison of the medians: in a single round the differences are as large as the noise. */
function addShares(contestants) {
  const interceptor = addedBy(contestants.find(({ name }) => name === PEER));
  for (const contestant of contestants.filter(({ name }) => name !== FLOOR)) {
    const share = addedBy(contestant) / interceptor;
    contestant.figures.share = { median: share, min: share, max: share };
  }
}

function addedBy({ figures }) {
  return figures.addedCpu?.median;
}
