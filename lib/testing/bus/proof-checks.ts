import { check, checkFailure } from '../conformance-case.js';
import { BusRecorder, checkEqual, heard, join, verified } from './bus-recorder.js';
import type { BusChecks } from './bus-world.js';

const A_WHILE = 100;

export const proofChecks: BusChecks = {
  'before connect nothing is proved and nothing is heard': async (tools) => {
    const a = await join(tools, 'a');
    const idle = new BusRecorder(await tools.endpoint('idle'));
    await a.bus.publish({ all: true });
    await tools.wait(A_WHILE);
    check(idle.bus.verifiedAt === -Infinity, `verifiedAt is ${idle.bus.verifiedAt}`);
    check(idle.told === 0, 'it has told its listener something');
  },

  'connect brings proof, tells so, and tells where the log is joined': async (tools) => {
    const { bus, verifications, resets } = await join(tools, 'a');
    checkEqual('verification', verifications, [true]);
    checkEqual('where it is joined', resets.length, 1);
    check(bus.stamp.epoch > 0, 'the epoch is not greater than 0');
    await bus.connect();
    checkEqual('verification after a second connect', verifications, [true]);
  },

  'the proof is renewed, and never of a time to come': async (tools) => {
    const { bus } = await join(tools, 'a');
    const first = bus.verifiedAt;
    const start = tools.clock.now();
    check(first <= start, `it is ${start}, and proved until ${first}`);
    await tools.wait(20);
    await tools.eventually('the proof is renewed', () => bus.verifiedAt > start);
    const second = bus.verifiedAt;
    check(second <= tools.clock.now(), 'the proof is of a time to come');
  },

  'a second listener replaces the first': async (tools) => {
    const bus = await tools.endpoint('a');
    const [first, second] = [new BusRecorder(bus), new BusRecorder(bus)];
    await bus.connect();
    await verified(tools, second);
    await bus.publish({ keys: ['key'] });
    await heard(tools, second, 1);
    check(first.told === 0, 'the first listener is told too');
  },

  'a closed bus hears, proves and publishes nothing; closing twice is fine': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    await b.bus.close();
    await Promise.all([b.bus.close(), b.bus.close()]);
    await a.bus.publish({ keys: ['key'] });
    await heard(tools, a, 1);
    await tools.wait(A_WHILE);
    checkEqual('what the closed bus hears', b.invalidations.length, 0);
    check(b.bus.verifiedAt === -Infinity, 'the closed bus still has a proof');
    await checkFailure('publish of a closed bus', () => b.bus.publish({ all: true }));
    await checkFailure('check of a closed bus', () => b.bus.check([]));
    await checkFailure('connect of a closed bus', () => b.bus.connect());
  },

  'what was never connected can be closed': async (tools) => {
    const bus = await tools.endpoint('a');
    await bus.close();
    await bus.close();
  },
};
