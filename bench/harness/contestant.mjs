// The process of one contestant: prepares it, tells that it is ready, and measures a round at each message.
import { on } from 'node:events';
import { scenarios } from '../scenarios/all.mjs';
import { worker } from './work.mjs';

const [, , scenarioName, contestantName, redisUrl] = process.argv;
const scenario = scenarios.find(({ name }) => name === scenarioName);
const position = Object.keys(scenario.contestants).indexOf(contestantName);
const prefix = `${scenarioName}-${position}`;
const contestant = await scenario.contestants[contestantName]({ redisUrl, prefix });
const work = worker(scenario, contestant.call);

process.send('ready');
for await (const [{ time }] of on(process, 'message', { close: ['disconnect'] })) {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const operations = await work(began + time);
  const milliseconds = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  const figures = { ...(await contestant.figures?.()) };
  process.send({ operations, milliseconds, cpuMicroseconds: user + system, figures });
}
// Whoever does not end in time has nothing more to lose.
setTimeout(() => process.exit(), 5000);
await contestant.end?.();
process.exit();
