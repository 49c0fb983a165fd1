import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SerializationError } from '../../lib/contract/errors.js';
import { copyIn, copyOut } from '../../lib/core/copy.js';
import { anything, isSame, refused, storable, storableValue } from '../codecs/values.js';

class City {
  tags: string[] = [];
}

function makeParts() {
  return {
    list: [{ n: 1 }],
    date: new Date(5),
    map: new Map([['k', ['v']]]),
    set: new Set([1]),
    buffer: Buffer.from('abc'),
    bytes: new Uint8Array([1]),
  };
}

function changeParts(value: ReturnType<typeof makeParts>): void {
  value.list[0] = { n: 2 };
  value.list.push({ n: 3 });
  value.date.setTime(0);
  value.map.get('k')?.push('w');
  value.set.add(2);
  value.buffer.fill(0);
  value.bytes.fill(0);
}

describe("copy: 'freeze'", () => {
  it('keeps the value itself, frozen to its ends', () => {
    const value = { id: 1, tags: ['a'], at: { lat: 1, more: [{ deep: {} }] } };
    expect(copyIn(value, 'freeze')).toBe(value);
    expect(copyOut(value, 'freeze')).toBe(value);
    expect(
      [value, value.tags, value.at, value.at.more, value.at.more[0], value.at.more[0]?.deep].every(
        Object.isFrozen,
      ),
    ).toBe(true);
    expect(() => value.tags.push('b')).toThrow(TypeError);
  });

  it('freezes what lies in an object that its owner has frozen by itself', () => {
    const inner = { list: [{ n: 1 }] };
    const value = Object.freeze([Object.freeze({ inner })]);
    copyIn(value, 'freeze');
    expect([inner, inner.list, inner.list[0]].every(Object.isFrozen)).toBe(true);
  });

  it('walks once more what comes to it frozen, and then no more', () => {
    let reads = 0;
    const child = {
      get seen() {
        return ++reads;
      },
    };
    const value = copyIn({ child }, 'freeze');
    const before = reads;
    for (let n = 0; n < 3; n++) copyIn(value, 'freeze');
    copyIn({ again: value }, 'freeze');
    expect([before, reads]).toEqual([1, 2]);
  });

  it('ends on cycles, frozen before or not', () => {
    const open: { self?: unknown; list: unknown[] } = { list: [] };
    open.self = open;
    open.list.push(open, open.list);
    const closed: { self?: unknown; list: { n: number }[] } = { list: [{ n: 1 }] };
    closed.self = closed;
    Object.freeze(closed);
    copyIn(open, 'freeze');
    copyIn(closed, 'freeze');
    expect([open, open.list, closed.list, closed.list[0]].every(Object.isFrozen)).toBe(true);
  });

  it('reaches any depth', () => {
    const bottom = {};
    let value: unknown = bottom;
    for (let level = 0; level < 100_000; level++) value = [value];
    copyIn(value, 'freeze');
    expect(Object.isFrozen(bottom)).toBe(true);
  });

  it('leaves what is not plain data as it is, and what lies in it', () => {
    const inMap = { n: 1 };
    const value = {
      city: new City(),
      map: new Map([['a', inMap]]),
      date: new Date(0),
      bytes: Buffer.from('abc'),
      typed: new Float64Array(1),
      run: Object.assign(() => 1, { extra: {} }),
    };
    copyIn(value, 'freeze');
    expect(Object.isFrozen(value)).toBe(true);
    value.city.tags.push('x');
    value.bytes.fill(0);
    value.map.set('b', inMap);
    expect(
      [value.city, value.city.tags, value.map, inMap, value.date, value.run, value.run.extra].some(
        Object.isFrozen,
      ),
    ).toBe(false);
  });

  it.each([undefined, null, 0, 'text', true, 1n, Symbol('s')])('takes %p', (value) => {
    expect(copyIn(value, 'freeze')).toBe(value);
  });

  it.each([
    [
      'an accessor that throws',
      {
        get lazy(): unknown {
          throw new RangeError('no');
        },
      },
    ],
    ['a proxy that does not let it', new Proxy({ a: 1 }, { preventExtensions: () => false })],
  ])('refuses %s, and says what to give', (_, value) => {
    expect(() => copyIn(value, 'freeze')).toThrow(SerializationError);
    expect(() => copyIn([value], 'freeze')).toThrow("give the option copy as 'clone' or 'none'");
  });

  it('does not take a value for frozen of which it was refused a part', () => {
    const late = { n: 1 };
    let calls = 0;
    const value = Object.freeze({
      late,
      get lazy(): unknown {
        if (calls++ === 0) throw new RangeError('no');
        return 1;
      },
    });
    expect(() => copyIn(value, 'freeze')).toThrow(SerializationError);
    copyIn(value, 'freeze');
    expect(Object.isFrozen(late)).toBe(true);
  });
});

describe("copy: 'clone'", () => {
  it.each(storable)('keeps and hands out an equal copy of $title', ({ value }) => {
    const kept = copyIn(value, 'clone');
    expect(isSame(kept, value)).toBe(true);
    expect(isSame(copyOut(kept, 'clone'), value)).toBe(true);
  });

  it('keeps and hands out an equal copy of anything that is made of these', () => {
    fc.assert(
      fc.property(storableValue, (value) => {
        expect(isSame(copyOut(copyIn(value, 'clone'), 'clone'), value)).toBe(true);
      }),
    );
  });

  it('shares no part with what was put or with what another got', () => {
    const value = makeParts();
    const kept = copyIn(value, 'clone');
    changeParts(value);
    changeParts(copyOut(kept, 'clone'));
    expect(copyOut(kept, 'clone')).toStrictEqual(makeParts());
  });

  it('does not freeze', () => {
    const value = { list: [1] };
    expect(Object.isFrozen(copyIn(value, 'clone').list)).toBe(false);
    expect(Object.isFrozen(value)).toBe(false);
  });

  it('keeps a Buffer a Buffer', () => {
    expect(Buffer.isBuffer(copyOut(copyIn(Buffer.from('x'), 'clone'), 'clone'))).toBe(true);
  });

  it.each(refused)('refuses $title with the path', ({ value, message }) => {
    const [place = ''] = message.split(': give');
    expect(() => copyIn(value, 'clone')).toThrow(SerializationError);
    expect(() => copyIn(value, 'clone')).toThrow(place);
  });

  it('refuses a class instance, and says why', () => {
    expect(() => copyIn({ city: new City() }, 'clone')).toThrow(
      "$.city is an instance of City: the option copy: 'clone' copies data alone",
    );
  });

  it('refuses whatever it would not copy as it is', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const copy = orErrorOf(() => copyIn(value, 'clone'));
        expect(copy instanceof SerializationError || isSame(copy, value)).toBe(true);
      }),
    );
  });
});

describe("copy: 'none'", () => {
  it('keeps and hands out the value itself, as it is', () => {
    const value = { city: new City(), list: [1] };
    expect(copyIn(value, 'none')).toBe(value);
    expect(copyOut(value, 'none')).toBe(value);
    value.list.push(2);
    expect(Object.isFrozen(value)).toBe(false);
  });
});

function orErrorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
