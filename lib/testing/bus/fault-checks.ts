import type { Stamp } from '../../contract/entry.js';
import { BackendError } from '../../contract/errors.js';
import { check, checkFailure } from '../conformance-case.js';
import { checkDense, checkEqual, heard, join, verified, type BusRecorder } from './bus-recorder.js';
import type { BusChecks, BusFault, BusTools } from './bus-world.js';

const severChecks: BusChecks = {
  'a severed bus has no proof until it is restored, and says both': async (tools) => {
    const a = await join(tools, 'a');
    await tools.world.sever(a.bus);
    await tools.eventually('the proof is gone', () => a.bus.verifiedAt === -Infinity);
    const before = tools.clock.now();
    await tools.world.restore(a.bus);
    await verified(tools, a);
    check(a.bus.verifiedAt >= before, 'the proof is older than the connection');
    checkEqual('verification', a.verifications, [true, false, true]);
  },

  'a severed bus rejects publish and check with a BackendError': async (tools) => {
    const a = await join(tools, 'a');
    await tools.world.sever(a.bus);
    await tools.eventually('the proof is gone', () => a.bus.verifiedAt === -Infinity);
    await checkFailure('publish', () => a.bus.publish({ keys: ['key'] }), BackendError);
    await checkFailure('check', () => a.bus.check(['tag']), BackendError);
    await checkFailure('history', () => a.bus.history(), BackendError);
  },

  'what a severed bus misses it learns before it has proof again, in order and once': async (
    tools,
  ) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    await a.bus.publish({ keys: ['before'] });
    await heard(tools, b, 1);
    await tools.world.sever(b.bus);
    await tools.eventually('the proof is gone', () => b.bus.verifiedAt === -Infinity);
    for (let index = 0; index < 10; index++) await a.bus.publish({ keys: [`${index}`] });
    await tools.world.restore(b.bus);
    await verified(tools, b);
    checkEqual('what was told before the proof', b.toldAtProof, b.told);
    await a.bus.publish({ keys: ['after'] });
    await heard(tools, b, 12);
    checkDense('positions', b.positions);
    checkEqual('positions', b.positions, a.positions);
    checkEqual('resets', b.resets.length, 1);
    check(b.bus.stats().resyncs >= 1, 'no resync is counted');
  },
};

const flushChecks: BusChecks = {
  'a log that was lost begins anew, in a greater epoch, and all are told': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    const before = await a.bus.publish({ keys: ['key'] });
    await tools.world.flush();
    const after = await b.bus.publish({ keys: ['other'] });
    check(after.epoch > before.epoch, `the epoch was ${before.epoch} and is ${after.epoch}`);
    await agreeOn(tools, [a, b], after);
    await goOn(tools, [a, b]);
  },

  'check of a log that was lost says that it is not complete': async (tools) => {
    const a = await join(tools, 'a');
    await tools.world.flush();
    await notComplete(tools, a);
  },
};

const trimChecks: BusChecks = {
  'who finds the log trimmed past its position is told that all is void': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    await tools.world.sever(b.bus);
    await tools.eventually('the proof is gone', () => b.bus.verifiedAt === -Infinity);
    const last = await a.bus.publish({ keys: ['missed'] });
    await tools.world.trim();
    await tools.world.restore(b.bus);
    await verified(tools, b);
    check(b.resets.length >= 2, `it is told so ${b.resets.length} times, the first included`);
    checkEqual('where it goes on', { ...b.bus.stamp }, { ...last });
    check(b.bus.stats().resets >= 1, `resets are ${b.bus.stats().resets}`);
    await goOn(tools, [a, b]);
  },

  'history since what was trimmed is not known, since the last it is': async (tools) => {
    const { bus } = await join(tools, 'a');
    const first = await bus.publish({ keys: ['first'] });
    const last = await bus.publish({ keys: ['last'] });
    await tools.world.trim();
    checkEqual('since the first', await bus.history(first), undefined);
    checkEqual('since the last', await bus.history(last), []);
    checkEqual('all', await bus.history(), []);
  },
};

const rollBackChecks: BusChecks = {
  'a log that has gone back begins a greater epoch, and all are told': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    await a.bus.publish({ keys: ['kept'] });
    const rollBack = await tools.world.rollBack();
    let before: Stamp = a.bus.stamp;
    for (let index = 0; index < 5; index++) before = await a.bus.publish({ keys: [`${index}`] });
    await heard(tools, b, 6);
    await rollBack();
    await tools.world.restore(a.bus);
    await notComplete(tools, a, before.epoch);
    await tools.world.restore(b.bus);
    await tools.eventually('a is in a new epoch', () => a.bus.stamp.epoch > before.epoch);
    await tools.eventually('b is in a new epoch', () => b.bus.stamp.epoch > before.epoch);
    await verified(tools, a);
    await verified(tools, b);
    await goOn(tools, [a, b]);
  },
};

/** The proofs of each fault. */
export const faultChecks: Readonly<Record<BusFault, BusChecks>> = {
  sever: severChecks,
  flush: flushChecks,
  trim: trimChecks,
  rollBack: rollBackChecks,
};

async function agreeOn(
  { eventually }: BusTools,
  instances: readonly BusRecorder[],
  { epoch, position }: Stamp,
): Promise<void> {
  for (const { bus, resets } of instances) {
    await eventually(
      'all reach the same stamp',
      () => bus.stamp.epoch === epoch && bus.stamp.position >= position,
    );
    check(
      resets.some((stamp) => stamp.epoch === epoch),
      'an instance is in the new epoch without having been told that all is void',
    );
  }
}

/** `check` does not say that nothing is missing, unless the bus has learnt what happened meanwhile. */
async function notComplete(
  { eventually }: BusTools,
  { bus }: BusRecorder,
  epoch = bus.stamp.epoch,
): Promise<void> {
  const state: { complete?: boolean } = {};
  await eventually('the log is asked', async () => {
    const asked = await bus.check([]).catch(ifBackendError);
    state.complete = asked?.complete;
    return asked !== undefined;
  });
  check(state.complete === false || bus.stamp.epoch > epoch, 'it is said to be complete');
}

/** Invalidations reach everybody as before, once the writer's connections stand again. */
async function goOn(
  tools: BusTools,
  instances: readonly [BusRecorder, ...BusRecorder[]],
): Promise<void> {
  const state: { stamp?: Stamp } = {};
  const [{ bus }] = instances;
  await tools.eventually('an invalidation is taken after the fault', async () => {
    state.stamp = await bus.publish({ keys: ['later'] }).catch(ifBackendError);
    return state.stamp !== undefined;
  });
  for (const { invalidations } of instances) {
    await tools.eventually('an invalidation is heard of after the fault', () =>
      invalidations.some(
        ({ stamp }) =>
          stamp.epoch === state.stamp?.epoch && stamp.position === state.stamp.position,
      ),
    );
  }
}

function ifBackendError(error: unknown): undefined {
  if (!(error instanceof BackendError)) throw error;
}
