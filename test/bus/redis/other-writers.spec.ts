import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import { BusRecorder } from '../../../lib/testing/bus/bus-recorder.js';
import { readPage } from '../../docs/pages.js';
import { RedisServer } from '../../support/redis-server.js';
import { eventually, PATIENT } from '../../support/patience.js';

const page = readPage('docs/redis-bus.md');
const [, script = ''] = /^```lua\n(.*?)^```$/ms.exec(page) ?? [];

/** The arguments of the commands of the page behind the script, as a shell takes them apart. */
const commands = Array.from(
  page.matchAll(/^redis-cli EVAL "\$\(cat invalidate\.lua\)" (.*)$/gm),
).map(([, line = '']) =>
  Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? ''),
);
const [byKey = [], byTag = [], everything = []] = commands;

let server: RedisServer;
let writer: Redis;
let bus: RedisBus;
let heard: BusRecorder;

beforeAll(async () => {
  server = await RedisServer.start();
  writer = new Redis(server.url);
});

beforeEach(async () => {
  await writer.flushall();
  bus = new RedisBus({ url: server.url, namespace: 'city-guide', staleness: 800, ...PATIENT });
  heard = new BusRecorder(bus);
});

afterEach(async () => {
  await bus.close();
});

afterAll(async () => {
  writer.disconnect();
  await server.stop();
});

async function join(): Promise<void> {
  await bus.connect();
  await eventually(() => bus.verifiedAt > -Infinity);
}

function run(args: readonly string[]): Promise<unknown> {
  return writer.call('EVAL', script, ...args);
}

describe('the commands for other writers, as the documentation has them', () => {
  it('are three', () => {
    expect(script).toContain('XADD');
    expect(commands).toHaveLength(3);
  });

  it('invalidate a key: its value and its lease are gone, and every instance hears of it', async () => {
    await join();
    const value = 'cache-tier:{city-guide::city:42}';
    await writer.mset(value, 'value', `${value}:l`, 'lease');
    const position = Number(await run(byKey));
    await eventually(() => heard.invalidations.length === 1);

    expect(heard.invalidations[0]).toMatchObject({
      stamp: { epoch: bus.stamp.epoch, position },
      origin: 'writer',
      scope: { keys: ['city-guide::city:42'] },
    });
    expect((await writer.keys('*')).toSorted()).toEqual([
      '{cache-tier:city-guide}:l',
      '{cache-tier:city-guide}:m',
    ]);
  });

  it('invalidate a tag and everything, which check knows of', async () => {
    await join();
    const tag = Number(await run(byTag));
    const all = Number(await run(everything));
    await eventually(() => heard.invalidations.length === 2);

    expect(heard.invalidations.map(({ scope }) => scope)).toEqual([
      { tags: ['country:FR'] },
      { all: true },
    ]);
    expect(await bus.check(['country:FR', 'country:DE'])).toMatchObject({
      complete: true,
      all,
      tags: [tag, 0],
    });
  });

  it('keep the numbers dense together with those of instances', async () => {
    await join();
    await bus.publish({ keys: ['1'] });
    await run(byTag);
    await bus.publish({ keys: ['2'] });
    await eventually(() => heard.invalidations.length === 3);
    const [first = 0] = heard.positions;

    expect(heard.positions).toEqual([first, first + 1, first + 2]);
    expect(bus.stats()).toMatchObject({ gaps: 0, resyncs: 0, resets: 0, malformed: 0 });
  });

  it('leave the floor of tags right: what was pruned is never answered as older than it was', async () => {
    await bus.close();
    bus = new RedisBus({
      url: server.url,
      namespace: 'city-guide',
      staleness: 800,
      maxTags: 5,
      ...PATIENT,
    });
    await join();
    const written = Number(await run(byTag));
    for (let index = 0; index < 50; index++) await bus.publish({ tags: [`tag ${index}`] });
    const [pruned = 0] = (await bus.check(['country:FR'])).tags;
    expect(await writer.hexists('{cache-tier:city-guide}:m', 't:country:FR')).toBe(0);
    expect(pruned).toBeGreaterThanOrEqual(written);
    const again = Number(await run(byTag));

    expect((await bus.check(['country:FR'])).tags).toEqual([again]);
  });

  it('begin an epoch where there is none, which voids all', async () => {
    await run(byTag);
    await join();
    const before = bus.stamp;
    expect(before.epoch).toBeGreaterThan(Date.now() - 60_000);
    expect((await bus.check([])).all).toBe(before.position);
    await writer.flushall();
    await run(byKey);
    await eventually(() => bus.stamp.epoch > before.epoch && heard.resets.length > 1);
    const { epoch } = await bus.publish({ keys: ['key'] });

    expect(bus.stamp.epoch).toBe(epoch);
  });
});
