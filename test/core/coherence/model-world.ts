import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FencedValue } from '../../../lib/contract/capabilities.js';
import {
  BackendError,
  InvalidationPendingError,
  LoadTimeoutError,
} from '../../../lib/contract/errors.js';
import type { ComputeOptions } from '../../../lib/core/call-options.js';
import type { LoadContext } from '../../../lib/core/loading/load-context.js';
import {
  isChanged,
  newItem,
  spaceOf,
  storedKeyOf,
  type Change,
  type Item,
  type Member,
} from './model-item.js';
import { MAX_UNVERIFIED, STALENESS, World, type Instance } from './world.js';

/** What a load of the model fails with. */
class LoadFailure extends Error {}

/** Several instances that read and change what a source holds, and what they must never answer. */
export class ModelWorld {
  /** Answers that break the promise. */
  readonly wrong: unknown[] = [];
  reads = 0;
  /** Answers that were given although their ttl had ended. */
  stale = 0;
  readonly world = new World();
  readonly #members: Member[] = [];
  readonly #items: readonly Item[];
  readonly #calls = new Set<Promise<unknown>>();
  #kept: ReadonlyMap<string, FencedValue> = new Map();
  #keptAt = 0;
  #probing = true;

  /**
   * @param random draws a whole number below the given one
   * @param resilient whether loads fail, need one another, and are made with all that helps against slow ones
   */
  constructor(
    private readonly random: (below: number) => number,
    private readonly resilient = false,
  ) {
    this.#items = [
      newItem('plain'),
      newItem('tagged', ['t']),
      newItem('inside', undefined, 'n', ['u']),
      newItem('inside-tagged', ['t', 'u'], 'n'),
    ];
  }

  async begin(): Promise<void> {
    for (const instance of await this.#join('a', 'b', 'c')) {
      const state = { outOfReachAt: -Infinity, severed: false, failing: false, pending: [] };
      this.#members.push({ ...instance, ...state });
    }
    this.#probe();
  }

  /** Does something, and lets some time pass. */
  async step(): Promise<void> {
    if (this.resilient && this.random(20) === 0) this.#expire();
    const die = this.random(100);
    if (die < 50) this.#read();
    else if (die < 72) this.#change();
    else if (die < 93) this.#disturb();
    else this.#disturbLog();
    await this.world.clock.advance(this.#pick([0, 0, 0, 1, 10, 60, 250, 700]));
    this.#settlePending();
  }

  /** Heals everything, lets it end, and reads all that there is. */
  async end(): Promise<void> {
    for (const member of this.#members) this.#heal(member);
    await this.world.clock.advance(30_000);
    this.#settlePending();
    for (const member of this.#members) {
      for (const item of this.#items) void this.#call(member, item, 'load', 0);
    }
    await this.world.clock.advance(10_000);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    if (this.#calls.size > 0) this.wrong.push(`${this.#calls.size} calls have not ended`);
    this.#probing = false;
    for (const { cache } of this.#members) this.stale += cache.stats().staleServed;
    const closing = Promise.all(this.#members.map(({ cache }) => cache.close()));
    // Nothing is under way any more, so nothing has to be waited for.
    await this.world.clock.advance(1000);
    await closing;
    const { pendingTimers } = this.world.clock;
    if (pendingTimers > 0) this.wrong.push(`${pendingTimers} timers are left`);
  }

  async #join(...origins: string[]): Promise<readonly Instance[]> {
    if (!this.resilient) return this.world.join(...origins);
    const instances = origins.map((origin) =>
      this.world.instance(origin, {
        maxConcurrentLoads: this.#pick([1, 2, 1000]),
        policy: { writeMode: this.#pick(['await', 'background'] as const) },
        random: () => this.random(1000) / 1000,
      }),
    );
    for (const { cache } of instances) await cache.healthCheck();
    return instances;
  }

  /** Each bus compares its position with the log's, four times in the time that a proof holds. */
  #probe(): void {
    if (!this.#probing) return;
    this.world.clock.setTimer(STALENESS / 4, () => {
      for (const { bus } of this.#members) bus.probe();
      this.#probe();
    });
  }

  #read(): void {
    const kind = this.#pick(['load', 'load', 'load', 'get', 'many', 'refresh'] as const);
    void this.#call(this.#pick(this.#members), this.#pick(this.#items), kind, this.#loadTime());
  }

  #loadTime(): number {
    return this.#pick([0, 0, 5, 80, 900, 2500]);
  }

  #call(
    member: Member,
    item: Item,
    kind: 'load' | 'get' | 'many' | 'refresh',
    loadTime: number,
  ): Promise<void> {
    const cache = spaceOf(member.cache, item);
    const { key, tags } = item;
    const load = async (context?: LoadContext): Promise<number> => {
      const { version } = item;
      context?.addTags(...item.added);
      if (loadTime > 0) await this.#after(loadTime);
      if (this.resilient) await this.#burden(member, item);
      return version;
    };
    const started = this.world.clock.now();
    const policy = { ...(tags !== undefined && { tags }), ...this.#policy() };
    const act = async (): Promise<number | undefined> => {
      switch (kind) {
        case 'get':
          return cache.get<number>(key);
        case 'refresh':
          return cache.refresh(key, load, policy);
        case 'many': {
          // A batch loader adds no tags of its own.
          const batch = { ...policy, tags: [...(tags ?? []), ...item.added] };
          const found = await cache.getOrComputeMany(
            [key, 'beside'],
            async () => new Map([[key, await load()] as const, ['beside', 0]]),
            batch,
          );
          return found.get(key);
        }
        default:
          return cache.getOrCompute(key, load, policy);
      }
    };
    this.reads++;
    const read = act().then((answer) => this.#check({ member, item, kind, started, answer }));
    this.#track(this.resilient ? read.catch(assertExpected) : read);
    return read;
  }

  /** How a value is loaded, and what is done where that is slow or fails. */
  #policy(): ComputeOptions<number> {
    if (!this.resilient) return {};
    return {
      ttl: this.#pick([20, 300, 5000]),
      staleFor: this.#pick([0, 500, 60_000]),
      failSafeThrottle: this.#pick([0, 100, 5000]),
      softTimeout: this.#pick([false, 0, 50]),
      hardTimeout: this.#pick([false, false, 60, 1000]),
      earlyRefresh: this.#pick([0, 1, 3]),
      jitter: this.#pick([0, 0.5]),
      errorTtl: this.#pick([0, 0, 200]),
    };
  }

  /** A load may fail, or need what comes after it among the items. */
  async #burden(member: Member, item: Item): Promise<void> {
    const luck = this.random(10);
    if (luck < 2) throw new LoadFailure();
    const others = this.#items.slice(this.#items.indexOf(item) + 1);
    if (luck > 3 || others.length === 0) return;
    // Not in a batch: all batches hold one key, and would wait for themselves.
    await this.#call(member, this.#pick(others), 'load', this.#loadTime());
  }

  #check(read: {
    readonly member: Member;
    readonly item: Item;
    readonly kind: string;
    readonly started: number;
    readonly answer: number | undefined;
  }): void {
    const { member, item, started, answer } = read;
    if (answer === undefined) return;
    const wasInReach = !member.severed && !member.failing && member.outOfReachAt < started;
    const bound = wasInReach ? STALENESS : MAX_UNVERIFIED;
    const who = member.bus.origin;
    // What an instance has done itself holds there at once.
    const known = item.known.filter(({ at, by }) => (by === who ? at : at + bound) < started);
    const least = Math.max(0, ...known.map(({ version }) => version));
    if (answer >= least && answer <= item.version) return;
    const { kind } = read;
    const ended = this.world.clock.now();
    this.wrong.push({ who, kind, key: item.key, started, ended, answer, least, wasInReach });
  }

  /** What is stale is no less true than before. */
  #expire(): void {
    const item = this.#pick(this.#items);
    const cache = spaceOf(this.#pick(this.#members).cache, item);
    this.#track(
      cache.expire(item.key).catch((error: unknown) => {
        if (!(error instanceof BackendError)) throw error;
      }),
    );
  }

  #change(): void {
    const member = this.#pick(this.#members);
    const kind = this.#pick([
      'remove',
      'remove',
      'remove',
      'set',
      'set',
      'update',
      'tag',
      'tag',
      'clear inside',
      'clear',
      'pattern',
      'writer',
    ] as const);
    const item = this.#pick(this.#items);
    const changed = this.#items.filter((one) => isChanged(one, item, kind));
    if (changed.some(({ setting }) => setting > 0)) return;
    const change = changed.map((one) => ({ item: one, version: ++one.version }));
    const cache = spaceOf(member.cache, item);
    const { key, tags, version } = item;
    const given = { tags: [...(tags ?? []), ...item.added] };
    const isSet = kind === 'set' || kind === 'update';
    if (isSet) item.setting++;
    const act = async (): Promise<void> => {
      switch (kind) {
        case 'remove':
          return cache.remove(key, this.random(6) === 0 ? { holdFor: 300 } : {});
        case 'set':
          return cache.set(key, version, given);
        case 'update':
          return cache.update(key, version, given);
        case 'tag':
          return member.cache.invalidateTags(['t']);
        case 'clear inside':
          return member.cache.namespace('n').clear();
        case 'clear':
          return member.cache.clear();
        case 'pattern':
          return cache.removePattern(`${key}*`);
        default: {
          const stored = storedKeyOf(item);
          this.world.shared.discard([stored]);
          this.world.log.write({ keys: [stored] });
        }
      }
    };
    const done = act().finally(() => {
      if (isSet) item.setting--;
    });
    this.#track(
      done.then(
        () => this.#makeKnown(change, kind === 'writer' ? '' : member.bus.origin),
        (error: unknown) => {
          if (error instanceof InvalidationPendingError) member.pending.push(change);
          // A set whose value could not be stored.
          else if (!(error instanceof BackendError && isSet)) this.wrong.push(error);
        },
      ),
    );
  }

  #makeKnown(change: Change, by: string): void {
    const at = this.world.clock.now();
    for (const { item, version } of change) item.known.push({ version, at, by });
  }

  #settlePending(): void {
    for (const member of this.#members) {
      if (member.cache.stats().coherence.pending > 0) continue;
      for (const change of member.pending.splice(0)) this.#makeKnown(change, member.bus.origin);
    }
  }

  /** Faults of one instance. */
  #disturb(): void {
    const member = this.#pick(this.#members);
    const { bus, store } = member;
    const operation = this.#pick([
      'getFenced',
      'getFencedMany',
      'lease',
      'fill',
      'renew',
      'release',
      'discard',
    ] as const);
    switch (this.random(9)) {
      case 0:
        return bus.hold();
      case 1:
        return bus.lose(1 + this.random(2));
      case 2:
        bus.sever();
        member.severed = true;
        return;
      case 3:
      case 4:
        return store.delay(this.#pick([5, 100, 400]), operation);
      case 5:
        store.fail(new Error('down'), ...(this.random(2) === 0 ? [operation] : []));
        member.failing = true;
        return;
      default:
        return this.#heal(member);
    }
  }

  #heal(member: Member): void {
    member.bus.restore();
    member.bus.release();
    member.store.heal();
    if (member.severed || member.failing) member.outOfReachAt = this.world.clock.now();
    member.severed = false;
    member.failing = false;
  }

  /** Faults of what all share. */
  #disturbLog(): void {
    const { log, shared } = this.world;
    switch (this.random(8)) {
      case 0:
        return log.rotate();
      case 1:
      case 2:
        return log.trim(this.random(3));
      case 3:
        return log.flush();
      case 4:
        return shared.clear();
      case 5:
      case 6:
        this.#kept = new Map(
          this.#items.map(storedKeyOf).flatMap((key) => {
            const found = shared.getFenced(key);
            return found === undefined ? [] : [[key, found] as const];
          }),
        );
        this.#keptAt = log.stamp.position;
        return;
      default:
        return this.#rollBack();
    }
  }

  /** The server starts again from an older copy of its data. */
  #rollBack(): void {
    const { log, shared } = this.world;
    log.rollBack(Math.min(this.#keptAt, log.stamp.position));
    shared.clear();
    for (const [key, { token, value, ttl }] of this.#kept) {
      shared.lease(key, token, 1000);
      shared.fill(key, token, value, ttl ?? 1000);
    }
    // What was lost is known only to those who saw it: they come back, or it is lost for good.
    const first = this.random(this.#members.length);
    for (const member of [...this.#members.slice(first), ...this.#members.slice(0, first)]) {
      member.severed = true;
      this.#heal(member);
    }
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.clock.setTimer(ms, resolve));
  }

  #track(call: Promise<unknown>): void {
    this.#calls.add(call);
    const end = (): void => void this.#calls.delete(call);
    call.then(end, (error: unknown) => {
      end();
      this.wrong.push(error);
    });
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[this.random(from.length)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }
}

function assertExpected(error: unknown): void {
  if (!(error instanceof LoadFailure || error instanceof LoadTimeoutError)) throw error;
}
