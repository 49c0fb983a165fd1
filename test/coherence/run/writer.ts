import { setTimeout as sleep } from 'node:timers/promises';
import { checkedKeys, NAMESPACES, type CheckedKey } from '../checked-key.js';
import type { Random } from '../random.js';
import type { Write, WriteKind } from '../write.js';
import type { Scene } from './scene.js';

const KINDS: Readonly<Record<WriteKind, number>> = {
  remove: 48,
  removeMany: 6,
  expire: 4,
  tag: 12,
  clear: 3,
  pattern: 3,
  set: 16,
  update: 8,
};

/** Changes the origin again and again, and has an instance tell it to the caches. */
export class Writer {
  readonly #keys: readonly CheckedKey[];
  /** Keys that somebody is storing by hand: who does that keeps others from changing them meanwhile. */
  readonly #reserved = new Set<number>();
  #ended = false;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly scene: Scene,
    private readonly random: Random,
  ) {
    this.#keys = checkedKeys(scene.options.keys);
  }

  async run(): Promise<void> {
    const pause = 1000 / this.scene.options.writes;
    while (!this.#ended) {
      await sleep(-Math.log(1 - this.random.next()) * pause);
      this.#write();
    }
  }

  /** Ends, and waits for what is under way, though not for long. */
  async end(patience: number): Promise<void> {
    this.#ended = true;
    await Promise.race([Promise.all(this.#underWay), sleep(patience)]);
  }

  #write(): void {
    const instance = this.random.pick(this.scene.instances);
    const write = this.#plan();
    if (write === undefined || !instance.alive) return;
    const { book } = this.scene;
    const { id, settled } = book.opens(instance.name, write);
    instance.tell({ type: 'write', id, write });
    const underWay = this.#free(write, settled).finally(() => this.#underWay.delete(underWay));
    this.#underWay.add(underWay);
  }

  async #free({ keys, version }: Write, settled: Promise<void>): Promise<void> {
    await settled;
    if (version !== undefined) for (const key of keys) this.#reserved.delete(key);
  }

  /** Commits, and says how to make it known; `undefined` when the key is reserved. */
  #plan(): Write | undefined {
    const kind = this.random.weighted(KINDS);
    const key = this.random.pick(this.#keys);
    if (kind === 'set' || kind === 'update') {
      const { index } = key;
      if (!this.#isFree(index)) return undefined;
      const version = this.scene.book.commit(index);
      this.#reserved.add(index);
      return { kind, keys: [index], version };
    }
    const write = this.#planInvalidation(kind, key);
    const changed = write.keys.filter((index) => this.#isFree(index));
    // Of what covers many keys, some have not changed.
    const share = changed.length > 1 ? this.random.between(0.3, 1) : 1;
    for (const index of changed) if (this.random.chance(share)) this.scene.book.commit(index);
    return write;
  }

  #planInvalidation(kind: WriteKind, key: CheckedKey): Write {
    const { random } = this;
    switch (kind) {
      case 'removeMany':
        return { kind, keys: [...new Set([0, 1, 2].map(() => random.below(this.#keys.length)))] };
      case 'tag':
        return { kind, tag: key.tag, keys: this.#indexes(({ tag }) => tag === key.tag) };
      case 'clear': {
        // The cache itself less often than the namespaces within it.
        const namespace = random.chance(0.2) ? '' : random.pick(NAMESPACES.slice(1));
        const isIn = (other: CheckedKey): boolean =>
          namespace === '' || other.namespace === namespace;
        return { kind, namespace, keys: this.#indexes(isIn) };
      }
      case 'pattern': {
        const namespace = random.pick(NAMESPACES.slice(1));
        const digit = `${random.below(10)}`;
        const keys = this.#indexes(
          (other) => other.namespace === namespace && other.name.endsWith(digit),
        );
        return { kind, namespace, pattern: `*${digit}`, keys };
      }
      case 'expire':
        // What is kept stale may be answered after it.
        return { kind: key.keptStale ? 'remove' : kind, keys: [key.index] };
      default:
        return { kind, keys: [key.index] };
    }
  }

  #indexes(belongs: (key: CheckedKey) => boolean): readonly number[] {
    return this.#keys.filter(belongs).map(({ index }) => index);
  }

  #isFree(index: number): boolean {
    return !this.#reserved.has(index);
  }
}
