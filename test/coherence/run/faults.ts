import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { Instance } from './instance.js';
import type { Scene } from './scene.js';
import type { Snapshots } from './snapshots.js';

/** What a fault needs, so that no two spoil the same thing at a time. */
type Place = 'server' | 'links';

interface Fault {
  readonly place: Place;
  /** How often it comes, among the others. */
  readonly weight: number;
  /** @returns what it was about */
  inject(stage: Stage): Promise<string>;
}

/** Where a fault happens. */
interface Stage {
  readonly scene: Scene;
  readonly random: Random;
  readonly snapshots: Snapshots;
  readonly instance: Instance;
}

export const FAULTS = {
  /** The server closes connections, of commands or of subscriptions. */
  kill: { place: 'server', weight: 2, inject: killClients },
  /** Connections are reset. */
  cut: { place: 'links', weight: 2, inject: cut },
  /** Nothing passes between an instance and Redis, and nobody is told. */
  hole: { place: 'links', weight: 4, inject: (stage) => hole(stage, [stage.instance]) },
  /** The same for all instances. */
  holes: { place: 'links', weight: 1, inject: (stage) => hole(stage, stage.scene.instances) },
  /** One of the connections of an instance goes silent for good; it is not told. */
  forget: { place: 'links', weight: 3, inject: forget },
  /** Nothing passes for a while, on one connection or all of an instance; then all of it does. */
  hold: { place: 'links', weight: 3, inject: hold },
  /** An instance hears no messages for a while, though its commands are answered. */
  deaf: { place: 'links', weight: 3, inject: deafen },
  /** Everything takes longer. */
  slow: { place: 'links', weight: 1, inject: slow },
  /** The server is stopped by SIGSTOP, and continued. */
  freeze: { place: 'server', weight: 1, inject: freeze },
  flush: { place: 'server', weight: 1, inject: ({ scene }) => command(scene, 'FLUSHALL') },
  /** The server dies, and comes back with nothing. */
  restart: { place: 'server', weight: 1, inject: (stage) => restart(stage, undefined) },
  /** The server dies, and comes back with what it held some time ago. */
  rollback: { place: 'server', weight: 2, inject: (stage) => restart(stage, stage.snapshots) },
  /** The log loses its beginning. */
  trim: { place: 'server', weight: 1, inject: trim },
  /** The hash of the log, its stream, or leases are deleted. */
  drop: { place: 'server', weight: 1, inject: drop },
  scripts: {
    place: 'server',
    weight: 0.5,
    inject: ({ scene }) => command(scene, 'SCRIPT', 'FLUSH'),
  },
  /** An instance dies, and another takes its place. */
  replace: { place: 'links', weight: 1, inject: replace },
  /** An instance dies in the middle of a load. */
  die: { place: 'links', weight: 1, inject: die },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

async function killClients({ scene, random }: Stage): Promise<string> {
  const type = random.pick(['normal', 'pubsub']);
  const list = String(await scene.server.call('CLIENT', 'LIST', 'TYPE', type));
  const ids = Array.from(list.matchAll(/^id=(\d+)/gm), ([, id]) => id ?? '');
  const chosen = random.chance(0.3) || ids.length === 0 ? ids : [random.pick(ids)];
  for (const id of chosen) await scene.server.call('CLIENT', 'KILL', 'ID', id);
  return `${chosen.length} ${type}`;
}

async function cut({ scene, random, instance }: Stage): Promise<string> {
  const all = random.chance(0.2);
  const cutOff = all ? scene.instances : [instance];
  for (const { name, proxy } of cutOff) {
    const end = scene.book.hinders(name);
    proxy.cut();
    end();
  }
  return namesOf(cutOff);
}

async function hole({ scene, random }: Stage, instances: readonly Instance[]): Promise<string> {
  const cutOff = [...instances];
  const ends = cutOff.map(({ name }) => scene.book.hinders(name));
  for (const { proxy } of cutOff) proxy.hole();
  await sleep(random.between(0.2, 3) * scene.options.staleness);
  for (const { proxy } of cutOff) {
    // A stream that goes on with a part missing is no fault of a network.
    proxy.forget();
    proxy.heal();
  }
  for (const end of ends) end();
  return namesOf(cutOff);
}

async function forget({ scene, random, instance }: Stage): Promise<string> {
  const end = scene.book.hinders(instance.name);
  const chosen = random.below(Math.max(1, instance.proxy.connections));
  instance.proxy.forget((index) => index === chosen);
  end();
  return `${instance.name}, connection ${chosen}`;
}

async function hold({ scene, random, instance }: Stage): Promise<string> {
  const end = scene.book.hinders(instance.name);
  const one = random.chance(0.6);
  const chosen = random.below(Math.max(1, instance.proxy.connections));
  instance.proxy.hold(one ? (index) => index === chosen : undefined);
  await sleep(random.between(0.2, 3) * scene.options.staleness);
  instance.proxy.heal();
  end();
  return one ? `${instance.name}, connection ${chosen}` : instance.name;
}

async function deafen({ scene, random, instance }: Stage): Promise<string> {
  const list = await listListeners(scene);
  const ports = Array.from(list.matchAll(/ addr=\S+:(\d+)/g), ([, port]) => Number(port));
  const end = scene.book.hinders(instance.name);
  instance.proxy.hold((_index, port) => port !== undefined && ports.includes(port));
  await sleep(random.between(0.2, 3) * scene.options.staleness);
  instance.proxy.heal();
  end();
  return instance.name;
}

async function slow({ scene, random, instance }: Stage): Promise<string> {
  const end = scene.book.hinders(instance.name);
  instance.proxy.delay(random.between(5, 0.6 * scene.options.staleness));
  await sleep(random.between(0.5, 3) * scene.options.staleness);
  instance.proxy.heal();
  end();
  return instance.name;
}

async function freeze({ scene, random }: Stage): Promise<string> {
  const end = scene.book.hinders();
  scene.server.pause();
  await sleep(random.between(0.2, 3) * scene.options.staleness);
  scene.server.resume();
  end();
  return 'server';
}

async function restart({ scene, random }: Stage, snapshots?: Snapshots): Promise<string> {
  const snapshot = snapshots?.older(random);
  const end = scene.book.hinders();
  await scene.server.restart({ snapshot: snapshot?.path });
  end();
  return snapshot === undefined ? 'server' : `server, to ${Math.round(snapshot.age())} ms ago`;
}

async function trim({ scene, random }: Stage): Promise<string> {
  for (const log of await namesLike(scene, '{*}:l')) {
    await scene.server.call('XTRIM', log, 'MAXLEN', random.pick([0, 1, 5]));
  }
  return 'log';
}

async function drop({ scene, random }: Stage): Promise<string> {
  const pattern = random.pick(['{*}:m', '{*}:l', '*:{*}:l']);
  const names = await namesLike(scene, pattern);
  if (names.length > 0) await scene.server.call('DEL', ...names);
  return `${names.length} of ${pattern}`;
}

async function replace({ scene, instance }: Stage): Promise<string> {
  await scene.replace(instance);
  return instance.name;
}

async function die({ scene, random, instance }: Stage): Promise<string> {
  const key = random.below(scene.options.keys);
  await instance.ask({ type: 'load', key }, 'loading', scene.options.staleness);
  await scene.replace(instance);
  return `${instance.name}, loading ${key}`;
}

async function command(scene: Scene, name: string, ...args: string[]): Promise<string> {
  await scene.server.call(name, ...args);
  return 'server';
}

/** '' when the server is being restarted. */
async function listListeners(scene: Scene): Promise<string> {
  return scene.server.call('CLIENT', 'LIST', 'TYPE', 'pubsub').then(String, () => '');
}

async function namesLike(scene: Scene, pattern: string): Promise<readonly string[]> {
  return (await scene.server.call('KEYS', pattern)) as readonly string[];
}

function namesOf(instances: readonly Instance[]): string {
  return instances.map(({ name }) => name).join(', ');
}
