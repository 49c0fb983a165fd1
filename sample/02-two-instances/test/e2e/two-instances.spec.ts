import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Launcher } from '../support/launcher.js';
import { onSomeTry } from '../../../../test/support/patience.js';

/** As the instances are set up: how old a proof may be, and how long one call of Redis may take. */
const STALENESS = 1000;
const REDIS_TIMEOUT = 500;

/** How long the store takes to answer. */
const LOAD = 150;

/** How much later than its limit something may end on a slow machine; what hangs ends never. */
const SLACK = 10_000;

/** The longest that a read may take: it looks in Redis, asks the log, asks for the lease, loads, and fills. */
const LONGEST_READ = 4 * REDIS_TIMEOUT + LOAD + SLACK;

/** The longest that an invalidation may take: the removal and the log are one round trip. */
const LONGEST_INVALIDATION = REDIS_TIMEOUT + SLACK;

describe('two instances that share a Redis', () => {
  let launcher: Launcher;

  beforeAll(async () => {
    launcher = await Launcher.start();
    await launcher.until(({ a, b }) => a.verified && b.verified);
  });

  afterAll(async () => {
    await launcher?.app.stop();
  });

  it.each(['A', 'B'] as const)(
    'forget what the other, %s, has changed, and load it once',
    async (by) => {
      // While the machine is slow, Redis may not answer in time: then the change waits, and the instances agree later.
      await onSomeTry(async () => {
        await launcher.until((both) =>
          [both.a, both.b].every((one) => one.pending === 0 && one.verified),
        );
        const { store } = await launcher.state();
        const report = await launcher.change(by);
        expect(report).toMatchObject({ by, other: by === 'A' ? 'B' : 'A' });
        expect(report.euros).toBe(store.euros + 1);
        if (report.pending || report.firstNew === null) return false;
        // What is promised of the other came true.
        expect(report.lastOld).toBeLessThan(report.invalidated + STALENESS);
        expect(report.firstNew).toBeGreaterThan(0);
        const { a, b } = await launcher.states();
        expect(a.price.euros).toBe(report.euros);
        expect(b.price.euros).toBe(report.euros);
        // It was really asked all the time, and they are of the same moment: one has loaded it, the other has it from there.
        return report.reads > 10 && b.price.readAt === a.price.readAt;
      });
    },
  );

  it('go on answering when Redis is stopped, in good time, and say that nothing proves it', async () => {
    await launcher.pauseRedis();
    try {
      const before = await launcher.states();
      const until = performance.now() + 3 * STALENESS;
      const durations: number[] = [];
      while (performance.now() < until) {
        const { a, b } = await launcher.states();
        durations.push(a.duration, b.duration);
        expect([a.price, b.price]).toEqual([before.a.price, before.b.price]);
        await sleep(20);
      }
      expect(Math.max(...durations)).toBeLessThan(LONGEST_READ);
      const { a, b } = await launcher.states();
      expect([a.verified, b.verified]).toEqual([false, false]);
      expect([a.source, b.source]).toEqual(['memory', 'memory']);
    } finally {
      await launcher.resumeRedis();
    }
  });

  it('keep an invalidation until Redis goes on, and agree then', async () => {
    await launcher.pauseRedis();
    try {
      await launcher.until(({ a, b }) => !a.verified && !b.verified);
      const { a: before } = await launcher.states();
      const report = await launcher.change('A');

      expect(report.pending).toBe(true);
      expect(report.invalidated).toBeLessThan(LONGEST_INVALIDATION);
      const { a, b } = await launcher.states();
      // It holds where it was made; the other cannot know.
      expect(a).toMatchObject({ price: { euros: report.euros }, pending: 1, verified: false });
      expect(b).toMatchObject({ price: before.price, pending: 0, verified: false });
      expect(a.duration).toBeLessThan(LONGEST_READ);

      expect(await launcher.resumeRedis()).not.toBeNull();
      await launcher.until((both) => [both.a, both.b].every((one) => one.verified));
      const after = await launcher.states();
      expect(after.a).toMatchObject({ price: { euros: report.euros }, pending: 0 });
      expect(after.b).toMatchObject({ price: { euros: report.euros }, pending: 0 });
      const { happenings } = await launcher.state();
      expect(happenings.map(({ who, text }) => `${who} ${text}`)).toContainEqual(
        expect.stringMatching(/^A keeps 1 invalidation until Redis answers/),
      );
    } finally {
      await launcher.resumeRedis();
    }
  });

  it('take changes from the page alone, and only such as they know', async () => {
    const wrong = await fetch(`${launcher.url}/instances/C/change`, { method: 'PUT' });
    expect(wrong.status).toBe(404);
    const unclear = await fetch(`${launcher.url}/redis`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"paused":"yes"}',
    });
    expect(unclear.status).toBe(400);
    const page = await fetch(launcher.url);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });
});
