// The process of one contestant: prepares it, tells that it is ready, and measures a round at each message.
import { on } from 'node:events';
import { scenarios } from '../scenarios/all.mjs';
import { work } from './work.mjs';

const [, , scenarioName, contestantName, redisUrl] = process.argv;
const scenario = scenarios.find(({ name }) => name === scenarioName);
const contestant = await scenario.contestants[contestantName]({ redisUrl });

process.send('ready');
for await (const [{ time }] of on(process, 'message', { close: ['disconnect'] })) {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const operations = await work(scenario, contestant.call, began + time);
  const milliseconds = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send({ operations, milliseconds, cpuMicroseconds: user + system });
}
await contestant.end?.();
process.exit();
