import { describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../lib/backends/map/map.backend.js';
import { InvalidOptionError } from '../../lib/contract/errors.js';
import type { StoredValue } from '../../lib/contract/capabilities.js';
import type { Entry } from '../../lib/contract/entry.js';
import {
  backendConformance,
  type BackendConformanceOptions,
} from '../../lib/testing/backend-conformance.js';
import { ConformanceError } from '../../lib/testing/conformance-case.js';
import { FaultyBackend } from '../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

const clock = new ManualClock();
const capabilities = ['patterns', 'ttl', 'batch', 'entries', 'closable'] as const;

/** A backend that keeps every promise, to break one at a time. */
class Sound extends MapBackend {
  constructor() {
    super({ clock });
  }
}

async function failuresOf(
  options: Partial<BackendConformanceOptions>,
): Promise<ConformanceError[]> {
  const failures: ConformanceError[] = [];
  const cases = backendConformance({ create: () => new Sound(), capabilities, clock, ...options });
  for (const { run } of cases) {
    await run().catch((error: unknown) => failures.push(error as ConformanceError));
  }
  return failures;
}

/** Defects that custom backends have had, each with the promise that has to catch it. */
const defects: readonly (readonly [string, new () => MapBackend, string])[] = [
  [
    'answers an absent key by an empty value',
    class extends Sound {
      override get(key: string): Uint8Array {
        return super.get(key) ?? new Uint8Array(0);
      }
    },
    'an absent key is undefined',
  ],
  [
    'takes an empty value for a miss',
    class extends Sound {
      override get(key: string): Uint8Array | undefined {
        const value = super.get(key);
        return value?.byteLength === 0 ? undefined : value;
      }
    },
    'an empty value is a hit',
  ],
  [
    'stores bytes as text',
    class extends Sound {
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, Buffer.from(Buffer.from(value).toString('utf8')), ttl);
      }
    },
    'every byte comes back, whatever its value',
  ],
  [
    'cuts values at 64 KB',
    class extends Sound {
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, value.subarray(0, 65_536), ttl);
      }
    },
    'a value of 1 MB comes back',
  ],
  [
    'stores the whole buffer behind a view',
    class extends Sound {
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, new Uint8Array(value.buffer), ttl);
      }
    },
    'of a view on a buffer, the view alone is stored',
  ],
  [
    'shares its bytes with those who read them',
    class extends Sound {
      readonly #shared = new Map<string, Uint8Array>();
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, value, ttl);
        this.#shared.set(key, new Uint8Array(value));
      }
      override get(key: string): Uint8Array | undefined {
        return super.get(key) && this.#shared.get(key);
      }
    },
    'a caller who changes the bytes it gave or got does not change what is stored',
  ],
  [
    'keeps keys in an object',
    class extends Sound {
      override get(key: string): Uint8Array | undefined {
        return key in {} ? new Uint8Array(1) : super.get(key);
      }
    },
    'keys are taken literally: names that objects have',
  ],
  [
    'trims keys',
    class extends Sound {
      override get(key: string): Uint8Array | undefined {
        return super.get(key.trim());
      }
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key.trim(), value, ttl);
      }
    },
    'keys are taken literally: spaces',
  ],
  [
    'does not tell upper case from lower case, as some file systems',
    class extends Sound {
      override get(key: string): Uint8Array | undefined {
        return super.get(key.toLowerCase());
      }
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key.toLowerCase(), value, ttl);
      }
    },
    'keys are taken literally: upper and lower case',
  ],
  [
    'counts the ttl in seconds, rounded up',
    class extends Sound {
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, value, Math.ceil(ttl / 1_000) * 1_000);
      }
    },
    'a ttl is counted in milliseconds, not in seconds',
  ],
  [
    'keeps the first ttl',
    class extends Sound {
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, value, super.getWithTtl(key)?.ttl ?? ttl);
      }
    },
    'storing again replaces the ttl by a longer one',
  ],
  [
    'prolongs the ttl of what is read',
    class extends Sound {
      override get(key: string): Uint8Array | undefined {
        const value = super.get(key);
        if (value !== undefined) super.setWithTtl(key, value, 200);
        return value;
      }
    },
    'reading a value does not prolong its ttl',
  ],
  [
    'takes an invalid ttl for a default',
    class extends Sound {
      override setWithTtl(key: string, value: Uint8Array, ttl: number): void {
        super.setWithTtl(key, value, ttl >= 1 ? Math.min(Math.floor(ttl), 300_000) : 300_000);
      }
    },
    'an invalid ttl throws InvalidTtlError, and leaves what was there',
  ],
  [
    'throws when it removes an absent key',
    class extends Sound {
      override remove(key: string): void {
        if (super.get(key) === undefined) throw new RangeError('no such key');
        super.remove(key);
      }
    },
    'removing an absent key is not an error',
  ],
  [
    'writes in pieces that others see',
    class extends Sound {
      constructor() {
        super();
        const whole = super.setWithTtl.bind(this);
        const setWithTtl = async (key: string, value: Uint8Array, ttl: number): Promise<void> => {
          const half = value.byteLength / 2;
          const current = (): Uint8Array => this.get(key) ?? new Uint8Array(value);
          whole(key, Buffer.concat([value.subarray(0, half), current().subarray(half)]), ttl);
          await new Promise(setImmediate);
          whole(key, Buffer.concat([current().subarray(0, half), value.subarray(half)]), ttl);
        };
        Object.assign(this, { setWithTtl });
      }
    },
    'of many writers of one key, one wins as a whole',
  ],
  [
    'hands patterns to a regular expression',
    class extends Sound {
      override removePattern(pattern: string): void {
        super.removePattern(pattern);
        const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        this.removeWhere((key) => new RegExp(`^${source}$`).test(key));
      }
    },
    'the pattern "a.b" removes what it matches, and nothing else',
  ],
  [
    'takes a character beyond 16 bits for two',
    class extends Sound {
      override removePattern(pattern: string): void {
        super.removePattern(pattern);
        if (pattern === '??') this.removeWhere((key) => key.length === 2);
      }
    },
    'the pattern "??" removes what it matches, and nothing else',
  ],
  [
    'removes nothing by a pattern, without a word',
    class extends Sound {
      override removePattern(): void {}
    },
    'a pattern removes any number of keys',
  ],
  [
    'tells a ttl of less than a second as 5 minutes',
    class extends Sound {
      override getWithTtl(key: string): StoredValue | undefined {
        const found = super.getWithTtl(key);
        return found && { ...found, ttl: (found.ttl ?? 0) < 1_000 ? 300_000 : found.ttl };
      }
    },
    'a value with 400 ms left is told to have that: not none, and not 5 minutes',
  ],
  [
    'leaves absent keys out of a batch',
    class extends Sound {
      override getMany(keys: readonly string[]): (StoredValue | undefined)[] {
        return super.getMany(keys).filter((found) => found !== undefined);
      }
    },
    'getMany answers in the order of the keys, undefined for an absent one',
  ],
  [
    'answers a batch once for a key that is asked for twice',
    class extends Sound {
      override getMany(keys: readonly string[]): (StoredValue | undefined)[] {
        return super.getMany([...new Set(keys)]);
      }
    },
    'getMany answers a key as often as it is asked for',
  ],
  [
    'copies entries',
    class extends Sound {
      override getEntry(key: string): Entry | undefined {
        const entry = super.getEntry(key);
        return entry && { ...entry };
      }
    },
    'an entry comes back by reference, at once',
  ],
  [
    'goes on after it was closed',
    class extends Sound {
      override close(): void {
        this.clear();
      }
    },
    'a closed backend throws on use',
  ],
  [
    'cannot be closed twice',
    class extends Sound {
      override close(): void {
        this.clear();
        super.close();
      }
    },
    'closing twice is fine, and so is closing what was never used',
  ],
];

describe('backendConformance', () => {
  it('finds nothing in a backend that keeps its promises', async () => {
    expect(await failuresOf({})).toEqual([]);
  });

  it.each(defects)('finds a backend that %s', async (_, Defective, promise) => {
    const cases = backendConformance({ create: () => new Defective(), capabilities, clock });
    const proof = cases.find(({ name }) => name === promise);
    await expect(proof?.run()).rejects.toThrow(ConformanceError);
  });

  it('finds a backend that answers a failure as a miss', async () => {
    const failures = await failuresOf({
      down: () => {
        const backend = new FaultyBackend(new Sound(), clock);
        backend.fail(new RangeError('out of reach'));
        return Object.assign(backend, { get: async () => undefined });
      },
    });
    expect(failures.map(({ message }) => message)).toEqual([
      'Broken promise "a failure is thrown: it is no miss, and no silence": ' +
        'get, with the store out of reach, does not throw; it answers undefined',
    ]);
  });

  it('finds a backend whose health check throws, or is true whatever happens', async () => {
    const promise = 'healthCheck answers false when the store is out of reach, and does not throw';
    for (const healthCheck of [() => Promise.reject(new RangeError('x')), () => true]) {
      const failures = await failuresOf({
        down: () => {
          const backend = new FaultyBackend(new Sound(), clock);
          backend.fail(new RangeError('out of reach'));
          return Object.assign(backend, { healthCheck });
        },
      });
      expect(failures.map((failure) => failure.promise)).toEqual([promise]);
    }
  });

  it('wants every capability of the backend declared, so that none goes unproved', async () => {
    const [failure, ...others] = await failuresOf({
      capabilities: ['patterns', 'ttl', 'entries', 'closable'],
    });
    expect(others).toEqual([]);
    expect(failure?.message).toBe(
      'Broken promise "the capabilities of the backend are those that are declared": ' +
        'it has getMany, setMany, removeMany: add "batch" to capabilities, so that its promises are proved',
    );
  });

  it('does not take methods of common names for a part of a capability', async () => {
    class Clearable extends FaultyBackend {
      clear(): void {}
      removeWhere(): void {}
    }
    const failures = await failuresOf({
      capabilities: ['patterns', 'ttl', 'batch', 'closable'],
      create: () => new Clearable(new Sound(), clock),
    });
    expect(failures).toEqual([]);
  });

  it('wants every declared capability there, as a whole', async () => {
    class Half extends Sound {}
    Object.defineProperty(Half.prototype, 'setMany', { value: undefined });
    const [failure] = await failuresOf({ create: () => new Half() });
    expect(failure?.message).toContain(
      '"batch" is declared, which takes getMany, setMany, removeMany; it has getMany, removeMany',
    );
  });

  it('says which promise was broken and how, with the cause', async () => {
    const cause = new RangeError('no such key');
    class Throwing extends Sound {
      override remove(): void {
        throw cause;
      }
    }
    const failures = await failuresOf({ create: () => new Throwing() });
    const failure = failures.find(
      ({ promise }) => promise === 'removing an absent key is not an error',
    );
    expect(failure).toBeInstanceOf(ConformanceError);
    expect(failure?.message).toBe(
      'Broken promise "removing an absent key is not an error": it threw RangeError: "no such key"',
    );
    expect(failure?.cause).toBe(cause);
  });

  it('makes a backend for each case, and destroys it, after a failure too', async () => {
    const made = new Set<unknown>();
    const destroyed = new Set<unknown>();
    class Broken extends Sound {
      override get(): undefined {}
    }
    const options: BackendConformanceOptions = {
      clock,
      capabilities,
      create: () => {
        const backend = new Broken();
        made.add(backend);
        return backend;
      },
      destroy: (backend) => void destroyed.add(backend),
    };
    const failures = await failuresOf(options);
    expect(failures.length).toBeGreaterThan(10);
    expect(made.size).toBe(backendConformance(options).length);
    expect([...destroyed]).toEqual([...made]);
  });

  it('closes what can be closed, when it is not told how to destroy', async () => {
    const made: MapBackend[] = [];
    await failuresOf({
      create: () => {
        const backend = new Sound();
        made.push(backend);
        return backend;
      },
    });
    expect(made.filter((backend) => backend.healthCheck())).toEqual([]);
  });

  it('waits in the way it is told', async () => {
    const waits: number[] = [];
    const failures = await failuresOf({
      wait: (ms) => {
        waits.push(ms);
        return clock.advance(ms);
      },
    });
    expect(failures).toEqual([]);
    expect(waits.length).toBeGreaterThan(5);
  });

  it('really waits for a backend on the clock of the system', async () => {
    const cases = backendConformance({ create: () => new MapBackend(), capabilities });
    const expiry = cases.find(({ name }) => name === 'a value is gone when its ttl has ended');
    await expect(expiry?.run()).resolves.toBeUndefined();
  });

  it('names every case differently', () => {
    const cases = backendConformance({
      create: () => new Sound(),
      capabilities,
      down: () => new Sound(),
    });
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(80);
  });

  it('refuses to be called without a way to make a backend', () => {
    const withNothing = backendConformance as (options: unknown) => unknown;
    expect(() => withNothing({})).toThrow(InvalidOptionError);
  });
});
