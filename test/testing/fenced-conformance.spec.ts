import { describe, expect, it } from '@jest/globals';
import {
  FencedMapBackend,
  type FencedMapOptions,
} from '../../lib/backends/map/fenced-map.backend.js';
import type { FencedValue, LeaseAnswer } from '../../lib/contract/capabilities.js';
import { backendConformance } from '../../lib/testing/backend-conformance.js';
import { ConformanceError } from '../../lib/testing/conformance-case.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

const clock = new ManualClock();
const capabilities = ['patterns', 'ttl', 'batch', 'fenced', 'closable'] as const;
const LONG = 60_000;

/** A backend that keeps every promise, to break one at a time. */
class Sound extends FencedMapBackend {
  constructor(options: FencedMapOptions = {}) {
    super({ clock, ...options });
  }

  /** Who holds the lease: found out by asking with each of the tokens that the suite uses. */
  protected holderOf(key: string): string | undefined {
    return ['token-of-ann-001', 'token-of-bob-002', 'token-of-cid-003'].find((token) =>
      super.renew(key, token, LONG),
    );
  }
}

/** Mistakes that are easily made, each with the promise that has to catch it. */
const defects: readonly (readonly [string, new () => FencedMapBackend, string])[] = [
  [
    'grants every lease',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        const answer = super.lease(key, token, duration, rejected);
        return answer.outcome === 'wait' ? { outcome: 'granted' } : answer;
      }
    },
    'a lease is granted to the first who asks, and the others wait',
  ],
  [
    'looks first and takes the lease later',
    class extends Sound {
      constructor() {
        super();
        const taken = new Set<string>();
        const lease = async (key: string): Promise<LeaseAnswer> => {
          const free = !taken.has(key);
          await new Promise(setImmediate);
          taken.add(key);
          return free ? { outcome: 'granted' } : { outcome: 'wait', remaining: 1 };
        };
        Object.assign(this, { lease });
      }
    },
    'of 50 who ask for a lease at once, one is granted',
  ],
  [
    'does not know a holder who asks again',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        return super.renew(key, token, duration)
          ? { outcome: 'wait', remaining: duration }
          : super.lease(key, token, duration, rejected);
      }
    },
    'who holds a lease and asks again is granted it again, for the time that it asks for',
  ],
  [
    'counts leases in seconds, rounded up',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        return super.lease(key, token, Math.ceil(duration / 1_000) * 1_000, rejected);
      }
    },
    'a lease that nobody ends has ended when its time is over',
  ],
  [
    'tells the whole duration to who waits',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        const answer = super.lease(key, token, duration, rejected);
        return answer.outcome === 'wait' ? { outcome: 'wait', remaining: duration } : answer;
      }
    },
    'who waits is told how long at most',
  ],
  [
    'gives the lease to who waits last',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        const answer = super.lease(key, token, duration, rejected);
        if (answer.outcome === 'wait') {
          super.discard([key]);
          super.lease(key, token, duration);
        }
        return answer;
      }
    },
    'a lease for which others wait still belongs to its holder',
  ],
  [
    'keeps leases among the values',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        super.setWithTtl(`${key}:l`, Buffer.from(token), duration);
        return super.lease(key, token, duration, rejected);
      }
    },
    'a lease is of one key alone, and no key of its own',
  ],
  [
    'adds the new time to the old one when a lease is renewed',
    class extends Sound {
      override renew(key: string, token: string, duration: number): boolean {
        return super.renew(key, token, duration + LONG);
      }
    },
    'a renewed lease lasts for the new time, from now on',
  ],
  [
    'renews for anybody',
    class extends Sound {
      override renew(key: string, token: string, duration: number): boolean {
        return super.renew(key, this.holderOf(key) ?? token, duration);
      }
    },
    'who does not hold a lease cannot renew it',
  ],
  [
    'releases nothing',
    class extends Sound {
      override release(): void {}
    },
    'a released lease is free at once, and nothing is stored',
  ],
  [
    'releases for anybody',
    class extends Sound {
      override release(key: string, token: string): void {
        super.release(key, this.holderOf(key) ?? token);
      }
    },
    'releasing what one does not hold does nothing, and is not an error',
  ],
  [
    'keeps the lease of who has filled',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        const done = super.fill(key, token, value, ttl);
        if (done) super.lease(key, token, LONG, token);
        return done;
      }
    },
    'the holder of the lease fills, once, and its lease ends by that',
  ],
  [
    'stores for anybody, and says that it has not',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        const done = super.fill(key, token, value, ttl);
        if (!done && super.lease(key, token, LONG).outcome === 'granted') {
          super.fill(key, token, value, ttl);
        }
        return done;
      }
    },
    'who does not hold the lease fills nothing, and leaves the lease to its holder',
  ],
  [
    'takes whoever fills for the holder',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        return super.fill(key, this.holderOf(key) ?? token, value, ttl);
      }
    },
    'a slow holder cannot fill once its lease is held by another, whose fill stands',
  ],
  [
    'leaves a lease behind when it answers a hit',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        const answer = super.lease(key, token, duration, rejected);
        if (answer.outcome === 'hit') super.lease(key, token, duration, answer.found.token);
        return answer;
      }
    },
    'what was filled is a hit for who asks for a lease',
  ],
  [
    'does not know rejected tokens',
    class extends Sound {
      override lease(key: string, token: string, duration: number): LeaseAnswer {
        return super.lease(key, token, duration);
      }
    },
    'a value whose token is rejected is no hit, and is replaced',
  ],
  [
    'rejects every value when a token is rejected',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        return super.lease(key, token, duration, rejected && super.getFenced(key)?.token);
      }
    },
    'a value whose token is rejected is no hit, and is replaced',
  ],
  [
    'removes a value when somebody rejects it',
    class extends Sound {
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        if (super.getFenced(key)?.token === rejected) super.remove(key);
        return super.lease(key, token, duration, rejected);
      }
    },
    'a value that is being replaced is still found by those who do not reject it',
  ],
  [
    'counts the ttl of fills in seconds, rounded up',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        return super.fill(key, token, value, Math.ceil(ttl / 1_000) * 1_000);
      }
    },
    'what was filled is gone when its ttl has ended, to the millisecond',
  ],
  [
    'keeps the ttl of the value that is replaced',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        return super.fill(key, token, value, super.getFenced(key)?.ttl ?? ttl);
      }
    },
    'a fill that replaces a value replaces its ttl',
  ],
  [
    'takes an invalid ttl for a default',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        return super.fill(key, token, value, ttl >= 1 && ttl < 1e9 ? Math.floor(ttl) : LONG);
      }
    },
    'a fill with an invalid ttl throws InvalidTtlError, and leaves the lease',
  ],
  [
    'fills text',
    class extends Sound {
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        return super.fill(key, token, Buffer.from(Buffer.from(value).toString('utf8')), ttl);
      }
    },
    'any bytes can be filled',
  ],
  [
    'answers the token before the value',
    class extends Sound {
      override get(key: string): Uint8Array | undefined {
        const found = super.getFenced(key);
        return found ? Buffer.concat([Buffer.from(found.token), found.value]) : super.get(key);
      }
    },
    'get finds what was filled, without its token',
  ],
  [
    'takes the first bytes of any value for a token',
    class extends Sound {
      override getFenced(key: string): FencedValue | undefined {
        const found = super.getWithTtl(key);
        if (found === undefined || super.getFenced(key)) return super.getFenced(key);
        const token = Buffer.from(found.value.subarray(0, 16)).toString('latin1');
        return token.length < 16
          ? undefined
          : { value: found.value.subarray(16), ttl: found.ttl, token };
      }
    },
    'what was stored without a lease is not taken for what was filled',
  ],
  [
    'shares its bytes with those who fill',
    class extends Sound {
      readonly #shared = new Map<string, Uint8Array>();
      override fill(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        this.#shared.set(key, value);
        return super.fill(key, token, value, ttl);
      }
      override getFenced(key: string): FencedValue | undefined {
        const found = super.getFenced(key);
        return found && { ...found, value: this.#shared.get(key) ?? found.value };
      }
    },
    'a caller who changes bytes that it filled or found does not change what is stored',
  ],
  [
    'trims keys',
    class extends Sound {
      override getFenced(key: string): FencedValue | undefined {
        return super.getFenced(key.trim());
      }
    },
    'fences take keys literally, unusual ones too',
  ],
  [
    'leaves absent keys out of a batch',
    class extends Sound {
      override getFencedMany(keys: readonly string[]): (FencedValue | undefined)[] {
        return super.getFencedMany(keys).filter((found) => found !== undefined);
      }
    },
    'getFencedMany answers in the order of the keys, as often as they are asked for',
  ],
  [
    'discards only the first key',
    class extends Sound {
      override discard(keys: readonly string[], holdFor?: number): void {
        super.discard(keys.slice(0, 1), holdFor);
      }
    },
    'a discarded value is gone',
  ],
  [
    'removes the value of a discarded key, and leaves its lease',
    class extends Sound {
      override discard(keys: readonly string[], holdFor = 0): void {
        if (holdFor > 0) super.discard(keys, holdFor);
        else super.removeMany(keys);
      }
    },
    'a discard takes the lease away: a load that began before it cannot store its value',
  ],
  [
    'takes the lease of a discarded key away only where there is no value',
    class extends Sound {
      override discard(keys: readonly string[], holdFor?: number): void {
        const absent = keys.filter((key) => super.get(key) === undefined);
        super.removeMany(keys);
        super.discard(absent, holdFor);
      }
    },
    'a discard takes the lease of a value that is being replaced',
  ],
  [
    'discards later than it says',
    class extends Sound {
      override discard(keys: readonly string[], holdFor?: number): void {
        setImmediate(() => this.healthCheck() && super.discard(keys, holdFor));
      }
    },
    'of loads and discards at once, none is stored that began before the last discard',
  ],
  [
    'holds no key',
    class extends Sound {
      override discard(keys: readonly string[]): void {
        super.discard(keys);
      }
    },
    'a key that is held empty may be loaded by all and filled by none, until the time is over',
  ],
  [
    'leaves the lease to who has it when it holds a key',
    class extends Sound {
      override discard(keys: readonly string[], holdFor = 0): void {
        const leased = keys.filter((key) => this.holderOf(key) !== undefined);
        super.removeMany(keys);
        const others = keys.filter((key) => !leased.includes(key));
        super.discard(holdFor > 0 ? others : keys, holdFor);
      }
    },
    'a key can be held empty when somebody holds its lease, who then cannot fill it',
  ],
  [
    'ends a hold at the next discard',
    class extends Sound {
      override discard(keys: readonly string[], holdFor = 0): void {
        const held = keys.filter(
          (key) => super.lease(key, 'a-token-of-a-try', 1).outcome === 'bypass',
        );
        super.discard(keys, holdFor);
        if (held.length > 0 && holdFor === 0) this.#forget(held);
      }
      override lease(key: string, token: string, duration: number, rejected?: string): LeaseAnswer {
        const answer = super.lease(key, token, duration, rejected);
        return this.#forgotten.has(key) && answer.outcome === 'bypass'
          ? { outcome: 'granted' }
          : answer;
      }
      readonly #forgotten = new Set<string>();
      #forget(keys: readonly string[]): void {
        for (const key of keys) this.#forgotten.add(key);
      }
    },
    'a later discard may make the time longer, and never shorter',
  ],
  [
    'discards all leases with many keys',
    class extends Sound {
      override discard(keys: readonly string[], holdFor?: number): void {
        super.discard(keys.length > 100 ? [...keys, 'key 1 *?[]\\{} ключ 😀'] : keys, holdFor);
      }
    },
    'a discard of many keys leaves the others, their leases too',
  ],
  [
    'leaves the leases of keys that a pattern removes',
    class extends Sound {
      override removePattern(pattern: string): void {
        if (pattern === 'user:*') this.remove('user:1');
        else super.removePattern(pattern);
      }
    },
    'keys that are removed by a pattern lose their leases, where patterns are known',
  ],
  [
    'leaves the lease where a value is replaced',
    class extends Sound {
      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        const holder = this.holderOf(key);
        const stored = super.replace(key, token, value, ttl);
        if (holder !== undefined) super.lease(key, holder, LONG, token);
        return stored;
      }
    },
    'it takes the lease away: a load that began before it cannot store its value',
  ],
  [
    'replaces what is held empty',
    class extends Sound {
      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        super.setWithTtl(key, value, ttl);
        super.replace(key, token, value, ttl);
        return true;
      }
    },
    'a key that is held empty stays empty, for as long as before',
  ],
  [
    'replaces only what was filled',
    class extends Sound {
      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        if (super.getFenced(key) === undefined && super.get(key) !== undefined) return true;
        return super.replace(key, token, value, ttl);
      }
    },
    'a value that replaces stands there, whatever stood there before',
  ],
  [
    'keeps the ttl of what is replaced',
    class extends Sound {
      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        return super.replace(key, token, value, super.getWithTtl(key)?.ttl ?? ttl);
      }
    },
    'its ttl is that of the new value',
  ],
  [
    'keeps one value for all that are replaced at once',
    class extends Sound {
      #last: Uint8Array = new Uint8Array();

      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        const isFirst = this.#last.length === 0;
        if (isFirst) this.#last = value;
        setImmediate(() => (this.#last = new Uint8Array()));
        return super.replace(key, token, isFirst ? value : this.#last, ttl);
      }
    },
    'of many at once, each key has its own value',
  ],
  [
    'keeps the bytes that it is given to replace others',
    class extends Sound {
      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        const stored = super.replace(key, token, value, ttl);
        const found = super.getFenced(key);
        const getFenced = (other: string): FencedValue | undefined =>
          other === key && found !== undefined ? { ...found, value } : super.getFenced(other);
        Object.assign(this, { getFenced });
        return stored;
      }
    },
    'a caller who changes bytes that it gave does not change what is stored',
  ],
  [
    'removes what it then refuses to replace',
    class extends Sound {
      override replace(key: string, token: string, value: Uint8Array, ttl: number): boolean {
        super.discard([key]);
        return super.replace(key, token, value, ttl);
      }
    },
    'with an invalid ttl it throws InvalidTtlError, and changes nothing',
  ],
];

describe('backendConformance, of fenced backends', () => {
  it('finds nothing in one that keeps its promises', async () => {
    const cases = backendConformance({ create: () => new Sound(), capabilities, clock });
    for (const { run } of cases) await expect(run()).resolves.toBeUndefined();
  });

  it.each(defects)('finds one that %s', async (_, Defective, promise) => {
    const cases = backendConformance({ create: () => new Defective(), capabilities, clock });
    const proof = cases.find(({ name }) => name === promise);
    await expect(proof?.run()).rejects.toThrow(ConformanceError);
  });

  it('wants fences declared, so that none goes unproved', async () => {
    const [first] = backendConformance({
      create: () => new Sound(),
      capabilities: ['patterns', 'ttl', 'batch', 'closable'],
      clock,
    });
    await expect(first?.run()).rejects.toThrow(/it has .*lease.*add "fenced" to capabilities/);
  });

  it('has a defect for every promise about fences', () => {
    const plain = backendConformance({
      create: () => new Sound(),
      capabilities: ['patterns', 'ttl', 'batch', 'closable'],
    }).map(({ name }) => name);
    const fenced = backendConformance({ create: () => new Sound(), capabilities })
      .map(({ name }) => name)
      .filter((name) => !plain.includes(name));
    const caught = defects.map(([, , promise]) => promise);
    expect(fenced.filter((name) => !caught.includes(name))).toEqual([]);
    expect(fenced.length).toBeGreaterThan(30);
  });
});
