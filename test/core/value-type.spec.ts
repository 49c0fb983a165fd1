import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import {
  InvalidOptionError,
  SerializationError,
  UndecodableError,
} from '../../lib/contract/errors.js';
import {
  assertValueType,
  fromStored,
  toStored,
  type ValueMapper,
  type ValueType,
} from '../../lib/core/stored/value-type.js';

let constructed = 0;

class City {
  constructor(
    readonly id: number,
    readonly name: string,
    readonly founded?: Date,
  ) {
    constructed++;
  }

  get label(): string {
    return `${this.name} (${this.id})`;
  }
}

class Capital extends City {
  readonly country = 'FR';
}

class Money {
  readonly #cents: number;

  constructor(cents: number) {
    this.#cents = cents;
  }

  get cents(): number {
    return this.#cents;
  }
}

const moneyMapper: ValueMapper<Money> = {
  toPlain: (money) => money.cents,
  fromPlain: (cents) => {
    if (typeof cents !== 'number') throw new TypeError('no amount');
    return new Money(cents);
  },
};

const throughCodec = [new JsonCodec(), new MsgpackCodec()].map((codec) => ({
  name: codec.name,
  pass: (value: unknown, type: ValueType) =>
    fromStored(codec.decode(codec.encode(toStored(value, type))), type),
}));

describe.each(throughCodec)('the option type, through $name', ({ pass }) => {
  it('brings an instance back as an instance, without running its constructor', () => {
    const city = new City(1, 'Paris', new Date(0));
    constructed = 0;
    const back = pass(city, City);
    expect(back).toStrictEqual(city);
    expect(back).toBeInstanceOf(City);
    expect(back).toHaveProperty('label', 'Paris (1)');
    expect(constructed).toBe(0);
  });

  it('brings an array of instances back', () => {
    const cities = [new City(1, 'Paris'), new City(2, 'Rome')];
    expect(pass(cities, [City])).toStrictEqual(cities);
    expect(pass([], [City])).toStrictEqual([]);
  });

  it('keeps fields that the class inherits and those that it adds', () => {
    const capital = new Capital(1, 'Paris');
    expect(pass(capital, Capital)).toStrictEqual(capital);
  });

  it('brings back by a pair of functions what fields do not show', () => {
    expect(pass(new Money(1250), moneyMapper)).toHaveProperty('cents', 1250);
  });

  it.each([null, undefined])('leaves %p as it is', (nothing) => {
    expect(pass(nothing, City)).toBe(nothing);
    expect(pass(nothing, [City])).toBe(nothing);
    expect(pass(nothing, moneyMapper)).toBe(nothing);
    expect(pass([nothing, new City(1, 'Paris')], [City])).toStrictEqual([
      nothing,
      new City(1, 'Paris'),
    ]);
  });

  it('keeps an own field named __proto__ a field', () => {
    const city = Object.defineProperty(new City(1, 'Paris'), '__proto__', {
      value: { admin: true },
      enumerable: true,
    });
    const back = pass(city, City);
    expect(Object.getPrototypeOf(back)).toBe(City.prototype);
    expect(Object.getOwnPropertyDescriptor(back, '__proto__')?.value).toEqual({ admin: true });
    expect(back).not.toHaveProperty('admin');
  });

  it('runs no setter of the class', () => {
    let calls = 0;
    class Guarded {
      set level(_: number) {
        calls++;
      }
    }
    const guarded = Object.defineProperty(new Guarded(), 'level', { value: 5, enumerable: true });
    expect(Object.getOwnPropertyDescriptor(pass(guarded, Guarded), 'level')?.value).toBe(5);
    expect(calls).toBe(0);
  });

  it('refuses an instance within an instance, with its path', () => {
    class Country {
      constructor(readonly capital: City) {}
    }
    expect(() => pass(new Country(new City(1, 'Paris')), Country)).toThrow(
      '$.capital is an instance of City',
    );
  });
});

describe('toStored', () => {
  it.each<[unknown, ValueType, string]>([
    [
      'secret text',
      City,
      'The value is a string, not an instance of City as the option "type" says',
    ],
    [{ id: 1 }, City, 'The value is a plain object, not an instance of City'],
    [[new City(1, 'Paris')], City, 'The value is an array, not an instance of City'],
    [new Money(1), City, 'The value is an instance of Money, not an instance of City'],
    [new Capital(1, 'Paris'), City, 'The value is an instance of Capital, not an instance of City'],
    [new City(1, 'Paris'), [City], 'The value is an instance of City, not an array of City'],
    [[new City(1, 'Paris'), 5], [City], 'Item 1 of the value is a number, not an instance of City'],
    [new Set(), [City], 'The value is an instance of Set, not an array of City'],
  ])('refuses a value which is not what the type says: %#', (value, type, message) => {
    expect(() => toStored(value, type)).toThrow(SerializationError);
    expect(() => toStored(value, type)).toThrow(message);
    expect(() => toStored(value, type)).not.toThrow('secret');
  });

  it('refuses an instance whose state does not show, and says what to give', () => {
    expect(() => toStored(new Money(5), Money)).toThrow(SerializationError);
    expect(() => toStored(new Money(5), Money)).toThrow('{ toPlain, fromPlain }');
    expect(() => toStored(new URL('http://localhost'), URL)).toThrow(SerializationError);
  });

  it('takes an instance without fields where the class has nothing that could work on any', () => {
    class Options {
      declare readonly theme?: string;
    }
    expect(toStored(new Options(), Options)).toEqual({});
  });

  it('does not change the value', () => {
    const city = Object.freeze(new City(1, 'Paris'));
    expect(toStored(city, City)).toEqual({ id: 1, name: 'Paris', founded: undefined });
    expect(city).toBeInstanceOf(City);
  });

  it('tells the failure of toPlain, with its cause', () => {
    const cause = new RangeError('no');
    const type: ValueType = {
      toPlain: () => {
        throw cause;
      },
      fromPlain: () => 1,
    };
    expect(thrownBy(() => toStored(1, type))).toMatchObject({ code: 'SERIALIZATION', cause });
  });

  it('refuses undefined from toPlain, which would be stored as no value at all', () => {
    const type: ValueType = { toPlain: () => undefined, fromPlain: () => 1 };
    expect(() => toStored(1, type)).toThrow(SerializationError);
  });
});

describe('fromStored', () => {
  it.each<[unknown, ValueType, string]>([
    ['text', City, 'What is stored is a string, not the fields of City'],
    [[{ id: 1 }], City, 'What is stored is an array, not the fields of City'],
    [new Date(0), City, 'What is stored is an instance of Date, not the fields of City'],
    [{ id: 1 }, [City], 'What is stored is a plain object, not an array of City'],
    [[{ id: 1 }, 7], [City], 'What is stored is a number, not the fields of City'],
  ])('does not make an instance of other data: %#', (plain, type, message) => {
    expect(() => fromStored(plain, type)).toThrow(UndecodableError);
    expect(() => fromStored(plain, type)).toThrow(message);
  });

  it('takes data that fromPlain refuses for undecodable, with its cause', () => {
    expect(thrownBy(() => fromStored('12.50', moneyMapper))).toMatchObject({
      code: 'UNDECODABLE',
      cause: expect.any(TypeError),
    });
  });

  it('leaves the data as it is', () => {
    const plain = Object.freeze({ id: 1, name: 'Paris' });
    const first = fromStored(plain, City);
    expect(fromStored(plain, City)).not.toBe(first);
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
  });
});

describe('assertValueType', () => {
  class Tally extends Map<string, number> {}
  class Failure extends Error {}
  class Bare extends null {}
  class Listening extends EventEmitter {}

  it.each([undefined, City, [City], Capital, Money, moneyMapper, Bare, Listening])(
    'takes %p',
    (type) => {
      expect(() => {
        assertValueType(type);
      }).not.toThrow();
    },
  );

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'City'],
    ['an arrow function', () => City],
    ['an empty array', []],
    ['an array of two classes', [City, Capital]],
    ['an array of something else', ['City']],
    ['an instance', new City(1, 'Paris')],
    ['half a pair', { toPlain: () => 1 }],
    ['a pair that are no functions', { toPlain: 1, fromPlain: 2 }],
  ])('refuses %s, and says what is right', (_, type) => {
    const check = () => {
      assertValueType(type);
    };
    expect(check).toThrow(InvalidOptionError);
    expect(check).toThrow(
      'Option "type": is a class, an array with one class, or { toPlain, fromPlain }',
    );
  });

  it.each([
    Object,
    Array,
    String,
    Number,
    Date,
    Map,
    Set,
    Promise,
    RegExp,
    Error,
    Buffer,
    Uint8Array,
    Tally,
    Failure,
  ])('refuses %p, whose state is not in fields', (type) => {
    for (const given of [type, [type]]) {
      const check = () => {
        assertValueType(given);
      };
      expect(check).toThrow(InvalidOptionError);
      expect(check).toThrow(`instances of ${type.name} keep more than fields`);
    }
  });
});

describe('the type ValueType', () => {
  it('fits the value, and is checked when this file is compiled', () => {
    const types: [ValueType<City>, ValueType<City[]>, ValueType<Money>, ValueType<City | null>] = [
      City,
      [City],
      moneyMapper,
      City,
    ];
    const wrong: [
      [typeof City] extends [ValueType<Money>] ? true : false,
      [typeof City] extends [ValueType<City[]>] ? true : false,
      [[typeof Money]] extends [ValueType<City[]>] ? true : false,
      [ValueMapper<Money>] extends [ValueType<string>] ? true : false,
    ] = [false, false, false, false];
    expect([...types, ...wrong]).toHaveLength(8);
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
