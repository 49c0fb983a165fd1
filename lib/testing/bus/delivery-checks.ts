import { InvalidOptionError, InvalidPatternError } from '../../contract/errors.js';
import { check, checkFailure } from '../conformance-case.js';
import { checkDense, checkEqual, heard, join } from './bus-recorder.js';
import type { BusChecks } from './bus-world.js';

/** Long enough for a second delivery of the same to arrive. */
const A_WHILE = 100;

export const deliveryChecks: BusChecks = {
  'an invalidation reaches every instance, its own included, once': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    const stamp = await a.bus.publish({ keys: ['key'] });
    await heard(tools, a, 1);
    await heard(tools, b, 1);
    await tools.wait(A_WHILE);
    const expected = [{ stamp, origin: a.bus.origin, scope: { keys: ['key'] } }];
    checkEqual('what a hears', plain(a.invalidations), expected);
    checkEqual('what b hears', plain(b.invalidations), expected);
  },

  'positions are dense, and heard of in their order': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    const published: number[] = [];
    for (let index = 0; index < 20; index++) {
      const writer = index % 3 === 0 ? b : a;
      published.push((await writer.bus.publish({ keys: [`key ${index}`] })).position);
    }
    await heard(tools, a, 20);
    await heard(tools, b, 20);
    checkDense('positions of publish', published);
    checkEqual('positions that a hears of', a.positions, published);
    checkEqual('positions that b hears of', b.positions, published);
  },

  'instances that publish at once agree on one order': async (tools) => {
    const instances = [];
    for (const origin of ['a', 'b', 'c']) instances.push(await join(tools, origin));
    const publishing = instances.flatMap(({ bus }, at) =>
      Array.from({ length: 20 }, (_, index) => bus.publish({ keys: [`${at}/${index}`] })),
    );
    const stamps = await Promise.all(publishing);
    for (const instance of instances) await heard(tools, instance, 60);
    const [first] = instances;
    checkDense('positions', first?.positions ?? []);
    for (const { invalidations } of instances) {
      checkEqual('what is heard of', plain(invalidations), plain(first?.invalidations ?? []));
    }
    const positions = stamps.map(({ position }) => position).toSorted((x, y) => x - y);
    checkEqual('positions of publish', positions, first?.positions);
  },

  'the stamp moves on with what is applied': async (tools) => {
    const { bus, invalidations } = await join(tools, 'a');
    const before = bus.stamp;
    const stamp = await bus.publish({ all: true });
    check(stamp.position === before.position + 1, 'the position is not the next one');
    check(stamp.epoch === before.epoch, 'the epoch has changed');
    await tools.eventually('it is applied', () => invalidations.length === 1);
    checkEqual('the stamp', { ...bus.stamp }, { ...stamp });
  },

  'each bus has a name of its own, which its invalidations carry': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    check(a.bus.origin !== b.bus.origin, 'two buses have the same name');
    await a.bus.publish({ keys: ['key'] });
    await b.bus.publish({ keys: ['key'] });
    await heard(tools, a, 2);
    const origins = a.invalidations.map(({ origin }) => origin);
    checkEqual('names', origins, [a.bus.origin, b.bus.origin]);
  },

  'the time of an invalidation is the same for all, where the log tells it': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    await a.bus.publish({ keys: ['key'] });
    await heard(tools, a, 1);
    await heard(tools, b, 1);
    const times = [a, b].map(({ invalidations }) => invalidations[0]?.time);
    checkEqual('the time as b has it', times[1], times[0]);
    check(
      times[0] === undefined || Number.isSafeInteger(times[0]),
      `the time is not in whole milliseconds: ${times[0]}`,
    );
  },

  'keys, tags and all arrive as they were given': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    const odd = ['with space', 'ключ 😀', '{a}%:"\\', '\n\0', '__proto__', 'x'.repeat(2_000)];
    const scopes = [
      { keys: odd },
      { tags: odd },
      { keys: ['key'], tags: ['tag'] },
      { patterns: ['city:*', 'a?\\*'] },
      { keys: ['key'], tags: ['tag'], patterns: ['*'] },
      { keys: ['key'], push: true as const },
      { all: true as const },
      { keys: Array.from({ length: 2_000 }, (_, index) => `key ${index}`) },
    ];
    for (const scope of scopes) await a.bus.publish(scope);
    await heard(tools, b, scopes.length);
    checkEqual('scopes', plain(b.invalidations.map(({ scope }) => scope)), scopes);
  },

  'a scope that names nothing, pushes no keys or holds what is no pattern is refused': async (
    tools,
  ) => {
    const { bus } = await join(tools, 'a');
    const { position } = bus.stamp;
    for (const scope of [{}, { keys: [], tags: [], patterns: [] }, { push: true as const }]) {
      await checkFailure('publish', () => bus.publish(scope), InvalidOptionError);
    }
    await checkFailure(
      'publish',
      () => bus.publish({ tags: ['tag'], push: true }),
      InvalidOptionError,
    );
    await checkFailure('publish', () => bus.publish({ patterns: ['\\'] }), InvalidPatternError);
    check((await bus.check([])).stamp.position === position, 'something was recorded');
  },

  'history tells what the log holds, all of it or since a position': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    const stamps = [];
    for (let index = 0; index < 5; index++) {
      stamps.push(await a.bus.publish({ keys: [`${index}`] }));
    }
    await heard(tools, b, 5);
    const heardOf = plain(b.invalidations);
    const all = plain(await b.bus.history());
    checkEqual('the last five', Array.isArray(all) && all.slice(-5), heardOf);
    const [, second, , , last] = stamps;
    const since = plain(await b.bus.history(second && { ...second }));
    checkEqual('since the second', since, Array.isArray(heardOf) && heardOf.slice(2));
    checkEqual('since the last', await b.bus.history(last && { ...last }), []);
  },

  'history of another epoch, or since what is not yet, is not known': async (tools) => {
    const { bus } = await join(tools, 'a');
    const { epoch, position } = await bus.publish({ keys: ['key'] });
    for (const since of [
      { epoch: epoch - 1, position },
      { epoch: epoch + 1, position },
      { epoch, position: position + 1 },
    ]) {
      checkEqual('the history', await bus.history(since), undefined);
    }
  },

  'who joins later hears of what follows only': async (tools) => {
    const a = await join(tools, 'a');
    const before = await a.bus.publish({ keys: ['before'] });
    const late = await join(tools, 'late');
    checkEqual('where it begins', { ...late.bus.stamp }, { ...before });
    checkEqual('what it is told to begin with', plain(late.resets), [{ ...before }]);
    await a.bus.publish({ keys: ['after'] });
    await heard(tools, late, 1);
    checkEqual('what it hears', plain(late.invalidations.map(({ scope }) => scope)), [
      { keys: ['after'] },
    ]);
  },

  'work that must come first is awaited, and its failure is that of publish': async (tools) => {
    const { bus, invalidations } = await join(tools, 'a');
    let done = false;
    const work = (async () => {
      await tools.wait(20);
      done = true;
    })();
    await bus.publish({ keys: ['key'] }, work);
    check(done, 'publish resolves before the work is done');
    const failure = new Error('the work failed');
    const failing = Promise.reject(failure);
    const caught: unknown = await bus
      .publish({ keys: ['other'] }, failing)
      .catch((e: unknown) => e);
    check(caught === failure, 'publish does not reject with what the work rejects with');
    await tools.eventually('the first one is applied', () => invalidations.length >= 1);
  },

  'check tells where the log stands, and of tags and of everything when they were last': async (
    tools,
  ) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    const none = await b.bus.check(['x']);
    checkEqual('tags, and whether all is there', [none.tags, none.complete], [[0], true]);
    check(none.all <= b.bus.stamp.position, 'everything was invalidated later than the log stands');
    const x = await a.bus.publish({ tags: ['x', 'y'] });
    const y = await a.bus.publish({ tags: ['y'], keys: ['key'] });
    const tags = await b.bus.check(['y', 'never', 'x']);
    checkEqual('tags', tags.tags, [y.position, 0, x.position]);
    checkEqual('the stamp', { ...tags.stamp }, { ...y });
    const all = await a.bus.publish({ all: true });
    checkEqual('everything', (await b.bus.check([])).all, all.position);
  },

  'stats count what is published here and what is applied': async (tools) => {
    const [a, b] = [await join(tools, 'a'), await join(tools, 'b')];
    for (let index = 0; index < 3; index++) await a.bus.publish({ keys: [`${index}`] });
    await heard(tools, a, 3);
    await heard(tools, b, 3);
    const [{ published, received }, other] = [a.bus.stats(), b.bus.stats()];
    checkEqual('published and received by a', [published, received], [3, 3]);
    checkEqual('published and received by b', [other.published, other.received], [0, 3]);
    checkEqual('gaps and resets', [other.gaps, other.resets, other.malformed], [0, 0, 0]);
  },
};

/** Without what an implementation may add. */
function plain(value: unknown): unknown {
  const optional = ['id', 'time'];
  const text = JSON.stringify(value, (name, part: unknown) =>
    optional.includes(name) ? undefined : part,
  );
  return text === undefined ? undefined : JSON.parse(text);
}
