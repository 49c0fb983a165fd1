import { afterEach, describe, expect, it } from '@jest/globals';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { FaultyBackend } from '../../../lib/testing/faulty-backend.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { eventually } from '../../support/patience.js';
import { startAnswerApp } from './support/answer-app.js';
import { HttpServers, PLATFORMS, type HttpAnswer } from './support/http-servers.js';

const servers = new HttpServers();
afterEach(() => servers.closeAll());

describe.each(PLATFORMS)('a run that begins when an older answer was sent on %s', (platform) => {
  it.each([
    ['200', {}],
    ['304', { 'if-none-match': '*' }],
  ])('has nothing of the %s that was sent', async (_, headers: Record<string, string>) => {
    const clock = new ManualClock({ wallTime: Date.UTC(2026, 0, 1) });
    const far = new FaultyBackend(new MapBackend({ clock }), clock);
    const tiers = [memoryTier(), customTier({ useValue: far, name: 'far' })];
    const options = { ttl: '1m', staleFor: '1h', softTimeout: 0, maxAge: 0 } as const;
    const app = await startAnswerApp(servers, platform, options, {}, { clock, tiers });
    const first = await app.get('/answer');
    await clock.advance(61_000);
    app.answer = { body: { city: 'Rome' } };
    far.hang('get', 'getWithTtl');
    const older = await app.get('/answer', headers);
    expect([older.headers.get('etag'), app.runs]).toEqual([first.headers.get('etag'), 1]);
    far.heal();
    let next: HttpAnswer | undefined;
    await eventually(async () => {
      next = await app.get('/answer');
      return next.body === '{"city":"Rome"}';
    });
    expect([next?.status, app.runs]).toEqual([200, 2]);
    expect(next?.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(next?.headers.get('etag')).toMatch(/^"[\w-]{27}"$/);
    expect(next?.headers.get('etag')).not.toBe(first.headers.get('etag'));
  });
});
