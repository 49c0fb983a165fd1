import { describe, expect, it } from '@jest/globals';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { UndecodableError } from '../../lib/contract/errors.js';
import { describeCodec } from './codec-cases.js';

describe('JsonCodec', () => {
  const codec = new JsonCodec();
  const text = (value: unknown) => Buffer.from(codec.encode(value)).toString();
  const decode = (json: string) => codec.decode(Buffer.from(`\u0001${json}`));

  describeCodec(codec);

  it('is called json and has the id 1', () => {
    expect([codec.name, codec.id]).toEqual(['json', 1]);
  });

  it('writes plain data as the JSON that anybody else would write', () => {
    const value = { id: 1, name: 'Zürich', at: [47.37, 8.54], none: null };
    expect(text(value)).toBe(`\u0000${JSON.stringify(value)}`);
  });

  it('writes what JSON has no form for under tags, in the documented form', () => {
    expect(
      text([
        undefined,
        NaN,
        -0,
        12n,
        new Date(5),
        new Date(NaN),
        new Map([['a', 1n]]),
        new Set([1]),
        Buffer.from('hi'),
        new Uint8Array([255]),
        { $date: 1 },
      ]),
    ).toBe(
      '\u0001[{"$undefined":true},{"$number":"NaN"},{"$number":"-0"},{"$bigint":"12"},{"$date":5},' +
        '{"$date":null},{"$map":[["a",{"$bigint":"1"}]]},{"$set":[1]},{"$buffer":"aGk="},' +
        '{"$bytes":"/w=="},{"$object":[["$date",1]]}]',
    );
  });

  it.each([
    '{"$unknown":1}',
    '{"$number":"12"}',
    '{"$bigint":""}',
    '{"$bigint":"0x10"}',
    '{"$bigint":12}',
    '{"$date":"2020-01-01"}',
    '{"$date":1e300}',
    '{"$map":{}}',
    '{"$map":[[1]]}',
    '{"$map":[[1,2,3]]}',
    '{"$set":"ab"}',
    '{"$buffer":"a"}',
    '{"$buffer":"a*=="}',
    '{"$buffer":7}',
    '{"$text":7}',
    '{"$object":[[1,2]]}',
    '[1,2',
    '',
  ])('does not decode %s', (json) => {
    expect(() => decode(json)).toThrow(UndecodableError);
  });

  it('does not decode nesting that has no end', () => {
    expect(() => decode('['.repeat(200_000) + ']'.repeat(200_000))).toThrow(UndecodableError);
  });

  it('never gives a value a prototype that was stored', () => {
    for (const form of ['\u0000', '\u0001']) {
      const value: unknown = codec.decode(
        Buffer.from(`${form}{"__proto__":{"admin":{"$map":[]}},"other":1}`),
      );
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(value).not.toHaveProperty('admin');
    }
  });
});
