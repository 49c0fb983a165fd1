import { describe, expect, it } from '@jest/globals';
import { unpack } from 'msgpackr';
import { JsonCodec } from '../../lib/codecs/json.codec.js';
import { MsgpackCodec } from '../../lib/codecs/msgpack.codec.js';
import { UndecodableError } from '../../lib/contract/errors.js';
import { describeCodec } from './codec-cases.js';

describe('MsgpackCodec', () => {
  const codec = new MsgpackCodec();
  const hex = (value: unknown) => Buffer.from(codec.encode(value)).toString('hex');

  describeCodec(codec);

  it('is called msgpack and has the id 2', () => {
    expect([codec.name, codec.id]).toEqual(['msgpack', 2]);
  });

  it('writes plain data as standard MessagePack, without records', () => {
    expect(hex({ a: [1, { b: 'x' }], c: null })).toBe('0082a161920181a162a178a163c0');
    const rows = Array.from({ length: 10 }, (_, id) => ({ id, name: `city ${id}` }));
    expect(unpack(codec.encode(rows).subarray(1))).toEqual(rows);
  });

  it('writes bytes as bytes', () => {
    const value = Buffer.alloc(10_000, 7);
    expect(codec.encode(value).length).toBeLessThan(10_030);
    expect(new JsonCodec().encode(value).length).toBeGreaterThan(13_000);
  });

  it('writes a string that is not well-formed as UTF-16', () => {
    expect(hex('\ud800')).toBe('0181a52474657874c40200d8');
  });

  it('does not decode an array that claims more items than there are bytes', () => {
    expect(() => codec.decode(Buffer.from('00ddffffffff01', 'hex'))).toThrow(UndecodableError);
  });

  it('does not decode nesting that has no end', () => {
    expect(() => codec.decode(Buffer.alloc(500_000, 0x91))).toThrow(UndecodableError);
  });
});
