import { describe, expect, it } from '@jest/globals';
import { LocalBus } from '../../lib/bus/local/local-bus.js';
import { LocalLog } from '../../lib/bus/local/local-log.js';
import type { Stamp } from '../../lib/contract/entry.js';
import { InvalidOptionError } from '../../lib/contract/errors.js';
import type {
  BusCheck,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from '../../lib/contract/invalidation-bus.js';
import type { BusFault, BusWorld } from '../../lib/testing/bus/bus-world.js';
import { busConformance } from '../../lib/testing/bus-conformance.js';
import { ConformanceError } from '../../lib/testing/conformance-case.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

const FAULTS: readonly BusFault[] = ['sever', 'flush', 'trim', 'rollBack'];
const clock = new ManualClock();

type BusClass = new (log: LocalLog, origin: string) => LocalBus;

function createWorld(Bus: BusClass): BusWorld {
  const log = new LocalLog(clock);
  return {
    endpoint: (origin) => new Bus(log, origin),
    sever: (bus) => local(bus).sever(),
    restore: (bus) => local(bus).restore(),
    flush: () => log.flush(),
    trim: () => log.trim(),
    rollBack: () => {
      const { position } = log.stamp;
      return () => log.rollBack(position);
    },
  };
}

function local(bus: InvalidationBus): LocalBus {
  return bus as LocalBus;
}

function createSound(): BusWorld {
  return createWorld(LocalBus);
}

/** One in which no fault can be played. */
function createUnableWorld(): BusWorld {
  const sound = createSound();
  return { endpoint: (origin) => sound.endpoint(origin) };
}

function namesOf(faults: readonly BusFault[]): string[] {
  return busConformance({ create: createSound, faults }).map(({ name }) => name);
}

async function brokenPromises(Bus: BusClass, faults = FAULTS): Promise<string[]> {
  const broken: string[] = [];
  const create = (): BusWorld => createWorld(Bus);
  for (const { run } of busConformance({ create, faults, clock, patience: 100 })) {
    await run().catch((error: unknown) => {
      broken.push(error instanceof ConformanceError ? error.promise : String(error));
    });
  }
  return broken;
}

/** A bus whose listener hears something else than it should. */
abstract class Distorting extends LocalBus {
  override subscribe(listener: InvalidationListener): void {
    super.subscribe({
      onInvalidation: (invalidation) => listener.onInvalidation(invalidation),
      onReset: (stamp) => listener.onReset(stamp),
      onVerification: (isVerified, provedAt) => listener.onVerification(isVerified, provedAt),
      onLeaseEnded: (key) => listener.onLeaseEnded(key),
      ...this.distort(listener),
    });
  }

  protected abstract distort(listener: InvalidationListener): Partial<InvalidationListener>;
}

/** Defects that buses can have, each with a promise that has to catch it. */
const defects: readonly (readonly [string, BusClass, string])[] = [
  [
    'applies an echo twice',
    class extends Distorting {
      protected distort(listener: InvalidationListener): Partial<InvalidationListener> {
        return {
          onInvalidation: (invalidation) => {
            listener.onInvalidation(invalidation);
            if (invalidation.origin === this.origin) listener.onInvalidation(invalidation);
          },
        };
      }
    },
    'an invalidation reaches every instance, its own included, once',
  ],
  [
    'leaves its own invalidations out',
    class extends Distorting {
      protected distort(listener: InvalidationListener): Partial<InvalidationListener> {
        return {
          onInvalidation: (invalidation) => {
            if (invalidation.origin !== this.origin) listener.onInvalidation(invalidation);
          },
        };
      }
    },
    'positions are dense, and heard of in their order',
  ],
  [
    'swaps neighbours',
    class extends Distorting {
      protected distort(listener: InvalidationListener): Partial<InvalidationListener> {
        const kept: Parameters<InvalidationListener['onInvalidation']>[0][] = [];
        return {
          onInvalidation: (invalidation) => {
            kept.push(invalidation);
            if (kept.length < 2) return;
            for (const each of kept.splice(0).toReversed()) listener.onInvalidation(each);
          },
        };
      }
    },
    'instances that publish at once agree on one order',
  ],
  [
    'loses tags',
    class extends LocalBus {
      override publish({ tags, ...scope }: InvalidationScope): Promise<Stamp> {
        return super.publish(tags === undefined ? scope : { keys: ['key'], ...scope });
      }
    },
    'keys, tags and all arrive as they were given',
  ],
  [
    'does not say that keys have new values',
    class extends LocalBus {
      override publish({ push, ...scope }: InvalidationScope): Promise<Stamp> {
        return super.publish(push === true ? { ...scope } : scope);
      }
    },
    'keys, tags and all arrive as they were given',
  ],
  [
    'takes any pattern',
    class extends LocalBus {
      override publish({ patterns, ...scope }: InvalidationScope): Promise<Stamp> {
        return super.publish(patterns === undefined ? scope : { ...scope, keys: [...patterns] });
      }
    },
    'a scope that names nothing, pushes no keys or holds what is no pattern is refused',
  ],
  [
    'has the name of all others',
    class extends LocalBus {
      constructor(log: LocalLog) {
        super(log, 'bus');
      }
    },
    'each bus has a name of its own, which its invalidations carry',
  ],
  [
    'has a history that begins where it was asked for',
    class extends LocalBus {
      override async history(since?: Stamp): Promise<readonly Invalidation[] | undefined> {
        return super.history(since && { ...since, position: since.position - 1 });
      }
    },
    'history tells what the log holds, all of it or since a position',
  ],
  [
    'has a history of nothing where it does not know it',
    class extends LocalBus {
      override async history(since?: Stamp): Promise<readonly Invalidation[] | undefined> {
        return (await super.history(since)) ?? [];
      }
    },
    'history since what was trimmed is not known, since the last it is',
  ],
  [
    'does not wait for what comes first',
    class extends LocalBus {
      override publish(scope: InvalidationScope): Promise<Stamp> {
        return super.publish(scope);
      }
    },
    'work that must come first is awaited, and its failure is that of publish',
  ],
  [
    'does not tell where the log is joined',
    class extends Distorting {
      protected distort(): Partial<InvalidationListener> {
        return { onReset() {} };
      }
    },
    'connect brings proof, tells so, and tells where the log is joined',
  ],
  [
    'always takes itself for verified',
    class extends LocalBus {
      override get verifiedAt(): number {
        return clock.now();
      }
    },
    'before connect nothing is proved and nothing is heard',
  ],
  [
    'promises the future',
    class extends LocalBus {
      override get verifiedAt(): number {
        return super.verifiedAt + 1_000;
      }
    },
    'the proof is renewed, and never of a time to come',
  ],
  [
    'never renews its proof',
    class extends LocalBus {
      readonly #born = clock.now();
      override get verifiedAt(): number {
        return Math.min(super.verifiedAt, this.#born);
      }
    },
    'the proof is renewed, and never of a time to come',
  ],
  [
    'keeps a stamp of its own',
    class extends LocalBus {
      override get stamp(): Stamp {
        return { epoch: 1, position: 0 };
      }
    },
    'the stamp moves on with what is applied',
  ],
  [
    'goes on after it was closed',
    class extends LocalBus {
      override async close(): Promise<void> {}
    },
    'a closed bus hears, proves and publishes nothing; closing twice is fine',
  ],
  [
    'finds every log complete',
    class extends LocalBus {
      override async check(tags: readonly string[]): Promise<BusCheck> {
        return { ...(await super.check(tags)), complete: true };
      }
    },
    'check of a log that was lost says that it is not complete',
  ],
  [
    'forgets what it missed while it was severed',
    class extends Distorting {
      #isRestoring = false;
      override restore(): void {
        this.#isRestoring = true;
        super.restore();
        this.#isRestoring = false;
      }

      protected distort(listener: InvalidationListener): Partial<InvalidationListener> {
        return {
          onInvalidation: (invalidation) => {
            if (!this.#isRestoring) listener.onInvalidation(invalidation);
          },
        };
      }
    },
    'what a severed bus misses it learns before it has proof again, in order and once',
  ],
  [
    'pretends to have published while it is severed',
    class extends LocalBus {
      override publish(scope: InvalidationScope, after?: PromiseLike<unknown>): Promise<Stamp> {
        return super.publish(scope, after).catch(() => this.stamp);
      }
    },
    'a severed bus rejects publish and check with a BackendError',
  ],
  [
    'says nothing when the log begins anew',
    class extends Distorting {
      protected distort(listener: InvalidationListener): Partial<InvalidationListener> {
        return { onReset: (stamp) => void (stamp.epoch === 1 && listener.onReset(stamp)) };
      }
    },
    'a log that was lost begins anew, in a greater epoch, and all are told',
  ],
  [
    'takes a trimmed log for a whole one',
    class extends Distorting {
      protected distort(listener: InvalidationListener): Partial<InvalidationListener> {
        return { onReset: (stamp) => void (stamp.position === 0 && listener.onReset(stamp)) };
      }
    },
    'who finds the log trimmed past its position is told that all is void',
  ],
];

describe('busConformance', () => {
  it('finds nothing wrong with a bus that keeps its promises', async () => {
    expect(await brokenPromises(LocalBus)).toEqual([]);
  });

  it.each(defects)('finds a bus that %s', async (_defect, Bus, promise) => {
    expect(await brokenPromises(Bus)).toContain(promise);
  });

  it('leaves out the cases about faults that are not declared', () => {
    expect(namesOf([]).length).toBeGreaterThan(10);
    expect(namesOf(FAULTS).length).toBeGreaterThan(namesOf([]).length);
    expect(new Set(namesOf(FAULTS)).size).toBe(namesOf(FAULTS).length);
  });

  it('says which member of the world a declared fault lacks', async () => {
    const cases = busConformance({ create: createUnableWorld, faults: ['trim'], clock });
    const trim = cases.find(({ name }) => name.includes('trimmed'));

    await expect(trim?.run()).rejects.toThrow('needs the member "sever" of the world');
  });

  it('refuses a world that is none and a fault that there is not', () => {
    expect(() => busConformance({ create: 'world' as never })).toThrow(InvalidOptionError);
    expect(() => busConformance({ create: createSound, faults: ['fire' as never] })).toThrow(
      'are some of sever, flush, trim, rollBack',
    );
  });
});
