import { ServiceUnavailableException, StreamableFile } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { defer } from 'rxjs';
import { runShared, type Answer, type Lifetime } from '../../lib/compat/shared-run.js';
import { withRuns } from '../../lib/compat/runs-under-way.js';
import { TieredCacheManager } from '../../lib/compat/tiered-cache-manager.js';
import { InvalidTtlError, LoadTimeoutError } from '../../lib/contract/errors.js';
import { createTieredCache } from '../../lib/core/create-tiered-cache.js';
import { keyvTier } from '../../lib/backends/keyv/keyv-tier.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

class City {
  readonly name = 'Oslo';
}

/** Requests for one key, whose handler answers as it is told. */
class Requests {
  readonly clock = new ManualClock();
  readonly handler = jest.fn<() => Promise<unknown>>();
  readonly failed = jest.fn<(error: unknown) => void>();
  readonly cache = new TieredCacheManager(
    createTieredCache({
      tiers: [keyvTier({ store: new Map() })],
      clock: this.clock,
      hardTimeout: 1_000,
    }),
  );

  ask(ttl?: Lifetime): Promise<Answer> {
    const handle = (): ReturnType<typeof defer> => defer(() => this.handler());
    return runShared(this.cache, { key: 'key', ttl, handle, failed: this.failed });
  }

  askTwenty(ttl?: Lifetime): Promise<Answer[]> {
    return Promise.all(Array.from({ length: 20 }, () => this.ask(ttl)));
  }
}

async function noTtl(): Promise<number> {
  throw new Error('no ttl');
}

let requests: Requests;

beforeEach(() => {
  requests = new Requests();
});
afterEach(() => requests.cache.disconnect());

/** What twenty answers are where one request has run the handler, and the others share its answer. */
function sharedByAll(answers: readonly Answer[], value: unknown): void {
  expect(answers.map((answer) => answer.value)).toEqual(Array(20).fill(value));
  expect(answers.filter(({ ran }) => ran)).toHaveLength(1);
}

describe('twenty equal requests at the same time', () => {
  it('are all refused when the one run takes longer than the cache allows', async () => {
    const ends: ((value: unknown) => void)[] = [];
    requests.handler.mockReturnValue(new Promise((resolve) => ends.push(resolve)));
    const outcomes = Promise.allSettled(Array.from({ length: 20 }, () => requests.ask()));
    while (requests.handler.mock.calls.length === 0) await requests.clock.advance(1);
    await requests.clock.advance(1_000);
    for (const outcome of await outcomes) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(ServiceUnavailableException);
      expect((reason as Error).cause).toBeInstanceOf(LoadTimeoutError);
    }
    expect(requests.handler.mock.calls).toHaveLength(1);
    for (const end of ends) end('late');
  });

  it('share an answer that cannot be kept, which is told once', async () => {
    requests.handler.mockImplementation(async () => ({ tell: () => 'a function' }));
    const answers = await requests.askTwenty();
    expect(answers.filter(({ ran }) => ran)).toHaveLength(1);
    expect(new Set(answers.map(({ value }) => value)).size).toBe(1);
    expect(requests.handler.mock.calls).toHaveLength(1);
    expect(requests.failed.mock.calls).toHaveLength(1);
    await requests.ask();
    expect(requests.handler.mock.calls).toHaveLength(2);
  });

  it('share one run when the cache is closed', async () => {
    await requests.cache.disconnect();
    requests.handler.mockResolvedValue('answer');
    sharedByAll(await requests.askTwenty(), 'answer');
    expect(requests.handler.mock.calls).toHaveLength(1);
    expect(requests.failed.mock.calls).toHaveLength(1);
  });

  it('share a failure of the handler', async () => {
    requests.handler.mockRejectedValue(new Error('no'));
    for (const close of [false, true]) {
      if (close) await requests.cache.disconnect();
      await expect(requests.askTwenty()).rejects.toThrow('no');
    }
    expect(requests.handler.mock.calls).toHaveLength(2);
  });

  it('have a stream each', async () => {
    requests.handler.mockImplementation(async () => new StreamableFile(Buffer.from('content')));
    const answers = await requests.askTwenty();
    expect(new Set(answers.map(({ value }) => value)).size).toBe(20);
    expect(requests.failed.mock.calls).toEqual([]);
  });

  it('share an answer that nobody can say the ttl of, and it is not kept', async () => {
    requests.handler.mockImplementation(async () => 'answer');
    sharedByAll(await requests.askTwenty(noTtl), 'answer');
    expect(requests.failed.mock.calls).toEqual([[new Error('no ttl')]]);
    expect(await requests.ask(noTtl)).toEqual({ value: 'answer', ran: true });
  });

  it('share an answer whose ttl is none, and it is not kept', async () => {
    requests.handler.mockResolvedValue(new City());
    for (const ttl of [-1, async () => -1]) {
      sharedByAll(await requests.askTwenty(ttl), new City());
    }
    const told = expect.any(InvalidTtlError);
    expect(requests.failed.mock.calls).toEqual([[told], [told]]);
  });
});

describe('a request', () => {
  it('asks for how long an answer is kept when there is none, and then not', async () => {
    requests.handler.mockResolvedValue('answer');
    const ttl = jest.fn(async () => 60_000);
    for (let call = 0; call < 3; call++) await requests.ask(ttl);
    expect(ttl.mock.calls).toHaveLength(1);
    const left = ((await requests.cache.ttl('key')) ?? Infinity) - requests.clock.wallTime();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('is not given what a run has answered that had ended when it came', async () => {
    const cache = {};
    await withRuns(cache, 'key', async (first) => {
      await first.begin(Promise.resolve(1));
      await withRuns(cache, 'key', async (second) => {
        expect(second.latest).toBeUndefined();
        expect(await first.latest).toBe(1);
        const begun = second.begin(Promise.resolve(2));
        expect([first.latest, second.latest]).toEqual([begun, begun]);
        await begun;
      });
    });
  });
});
