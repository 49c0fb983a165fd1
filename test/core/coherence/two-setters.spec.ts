import { describe, expect, it } from '@jest/globals';
import { guardRejections, settle } from '../helpers.js';
import { GatedBus, Gates, interleavings } from './gates.js';
import { STALENESS, World, type Instance } from './world.js';

guardRejections();

const SET = ['replace', 'publish'] as const;
const LOAD = ['lease', 'fill'] as const;
const REMOVE = ['discard', 'publish'] as const;
const orders = interleavings(SET.length, SET.length);

interface Player extends Instance {
  readonly gates: Gates;
}

describe('Two instances that set a key', () => {
  it('are tried in every order of their steps', () => {
    expect(new Set(orders.map(String)).size).toBe(6);
  });

  it.each(titled(orders))(
    'agree with each other and the store, in the order %s',
    async (_, order) => {
      const { players, calls } = await race(order, [SET, SET], [setTo('a'), setTo('b')]);
      await Promise.all(calls);
      expect(await disagreements(players)).toEqual([]);
    },
  );

  it.each(titled(orders))(
    'agree as soon as the messages that were held back have come, in the order %s',
    async (_, order) => {
      const { players, calls } = await race(order, [SET, SET], [setTo('a'), setTo('b')], hold);
      await Promise.all(calls);
      for (const { bus } of players) bus.release();
      expect(await disagreements(players)).toEqual([]);
    },
  );

  it.each(titled(orders))(
    'agree when the staleness has passed, though no message comes, in the order %s',
    async (_, order) => {
      const { players, calls, world } = await race(
        order,
        [SET, SET],
        [setTo('a'), setTo('b')],
        hold,
      );
      await Promise.all(calls);
      await world.clock.advance(STALENESS + 1);
      expect(await disagreements(players)).toEqual([]);
    },
  );
});

describe('A set on one instance and a load on another', () => {
  it.each(titled(interleavings(SET.length, LOAD.length)))(
    'end with the value that was set, in the order %s',
    async (_, order) => {
      const { players, calls } = await race(order, [SET, LOAD], [setTo('new'), load]);
      await Promise.all(calls);
      const answers = await Promise.all(players.map(({ cache }) => cache.get('key')));
      expect(answers).toEqual(['new', 'new']);
    },
  );
});

describe('A removal on one instance and a load on another that began before it', () => {
  it.each(titled(interleavings(REMOVE.length, 1)))(
    'leave nothing anywhere, in the order %s',
    async (_, order) => {
      const world = new World();
      const players = [await join(world, 'a'), await join(world, 'b')] as const;
      const [a, b] = players;
      b.gates.close('fill');
      const loading = b.cache.getOrCompute('key', () => 'old');
      await settle();
      a.gates.close(...REMOVE);
      const removing = a.cache.remove('key');
      await settle();
      const steps: [Step[], Step[]] = [[...REMOVE], ['fill']];
      for (const who of order) await players[who === 0 ? 0 : 1].gates.let(next(steps, who));
      await Promise.all([loading, removing]);
      for (const { cache } of players) expect(await cache.get('key')).toBeUndefined();
    },
  );
});

type Step = 'discard' | 'lease' | 'fill' | 'replace' | 'publish';
type Steps = readonly Step[];

/** Two instances act at once, and their steps are carried out in the given order. */
async function race(
  order: readonly number[],
  steps: readonly [Steps, Steps],
  acts: readonly [(player: Player) => Promise<unknown>, (player: Player) => Promise<unknown>],
  prepare: (player: Player) => void = () => undefined,
) {
  const world = new World();
  const players = [await join(world, 'a'), await join(world, 'b')] as const;
  players.forEach((player, who) => {
    prepare(player);
    player.gates.close(...(steps[who] ?? []));
  });
  const calls = [acts[0](players[0]), acts[1](players[1])];
  await settle();
  const left: [Step[], Step[]] = [[...steps[0]], [...steps[1]]];
  for (const who of order) await players[who === 0 ? 0 : 1].gates.let(next(left, who));
  for (const { gates } of players) await gates.open();
  return { world, players, calls };
}

async function join(world: World, origin: string): Promise<Player> {
  const gates = new Gates();
  const instance = world.instance(origin, {
    answering: gates.through,
    wrapBus: (bus) => new GatedBus(bus, gates),
  });
  await instance.cache.healthCheck();
  return { ...instance, gates };
}

/** What is wrong if both do not answer the same, twice, and one of the values that were set. */
async function disagreements([a, b]: readonly [Player, Player]): Promise<unknown[]> {
  const first = await a.cache.get('key');
  const answers = [first, await b.cache.get('key'), await a.cache.get('key')];
  const isOne = new Set(answers).size === 1 && (first === 'a' || first === 'b');
  return isOne ? [] : answers;
}

function hold({ bus }: Instance): void {
  bus.hold();
}

function load({ cache }: Instance): Promise<unknown> {
  return cache.getOrCompute('key', () => 'old');
}

function setTo(value: string) {
  return ({ cache }: Instance): Promise<void> => cache.set('key', value);
}

function next<T>(left: readonly [T[], T[]], who: number): T {
  const step = left[who === 0 ? 0 : 1].shift();
  if (step === undefined) throw new Error('all steps have been taken');
  return step;
}

function titled(all: readonly (readonly number[])[]): (readonly [string, readonly number[]])[] {
  return all.map((order) => [order.map((who) => (who === 0 ? 'a' : 'b')).join(''), order] as const);
}
