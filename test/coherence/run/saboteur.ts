import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';
import { FAULTS, type FaultKind } from './faults.js';
import type { Instance } from './instance.js';
import type { Scene } from './scene.js';
import { Snapshots } from './snapshots.js';

/** Brings about one fault after the other, several at a time where they do not spoil the same. */
export class Saboteur {
  readonly #busy = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #snapshots: Snapshots;
  readonly #counts = new Map<FaultKind, number>();
  #ended = false;

  constructor(
    private readonly scene: Scene,
    private readonly random: Random,
  ) {
    this.#snapshots = new Snapshots(scene.server);
  }

  /** How many faults there were, by kind. */
  get counts(): ReadonlyMap<FaultKind, number> {
    return this.#counts;
  }

  async run(): Promise<void> {
    const { faults, staleness } = this.scene.options;
    const weights = Object.fromEntries(
      faults.map((kind) => [kind, FAULTS[kind].weight]),
    ) as Readonly<Record<FaultKind, number>>;
    while (faults.length > 0 && !this.#ended) {
      const isCalm = this.random.chance(0.3);
      await sleep((isCalm ? this.random.between(1, 6) : this.random.between(0.1, 1)) * staleness);
      if (this.random.chance(0.25)) this.#begin('server', () => this.#snapshots.take());
      const kind = this.random.weighted(weights);
      const fault = FAULTS[kind];
      const instance = this.random.pick(this.scene.instances);
      const random = this.random.fork(kind);
      this.#begin(this.#placeOf(kind, instance), async () => {
        const { scene } = this;
        this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
        const note = scene.book.fault(kind);
        note(await fault.inject({ scene, random, snapshots: this.#snapshots, instance }));
      });
    }
  }

  /** Begins no more, and waits until all is healed. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#underWay);
  }

  #placeOf(kind: FaultKind, instance: Instance): string {
    if (FAULTS[kind].place === 'server') return 'server';
    return kind === 'holes' ? 'links of all' : `links of ${instance.name}`;
  }

  /** Does nothing where another fault is at work in the same place. */
  #begin(place: string, work: () => Promise<void>): void {
    if (this.#ended || this.#busy.has(place)) return;
    const isLinks = place.startsWith('links');
    const clash = [...this.#busy].some((other) => isLinks && other.startsWith('links of all'));
    if (
      clash ||
      (place === 'links of all' && [...this.#busy].some((it) => it.startsWith('links')))
    ) {
      return;
    }
    this.#busy.add(place);
    const underWay = work()
      .catch((error: unknown) => {
        this.scene.failures.push(`a fault failed: ${String(error)}`);
      })
      .finally(() => {
        this.#busy.delete(place);
        this.#underWay.delete(underWay);
      });
    this.#underWay.add(underWay);
  }
}
