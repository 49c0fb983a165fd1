import { describe, expect, it } from '@jest/globals';
import { decodeEntry, decodeMessage, encodePayload } from '../../../lib/bus/redis/bus-message.js';

const PAYLOAD = '{"v":1,"keys":["a b","ключ"],"tags":["t"]}';

describe('messages of the bus', () => {
  it('a message is read as it was written', () => {
    expect(decodeMessage(`17 42 1700-3 host-1 ${PAYLOAD}`)).toEqual({
      stamp: { epoch: 17, position: 42 },
      id: '1700-3',
      origin: 'host-1',
      scope: { keys: ['a b', 'ключ'], tags: ['t'] },
      time: 1700,
    });
  });

  it.each([
    { keys: ['k'], push: true },
    { patterns: ['city:*', '\\*'] },
    { keys: ['k'], tags: ['t'], patterns: ['p'], all: true },
  ] as const)('%j comes back', (scope) => {
    expect(decodeMessage(`1 2 3-0 origin ${encodePayload(scope)}`)?.scope).toEqual(scope);
  });

  it('an entry of the log is read as the message was, in whichever order its fields stand', () => {
    const fields = ['p', PAYLOAD, 'o', 'host-1', 'n', '42', 'e', '17'];
    const expected = decodeMessage(`17 42 1700-3 host-1 ${PAYLOAD}`);

    expect(decodeEntry(['1700-3', fields])).toEqual(expected);
    expect(decodeEntry(['1700-3', fields.map((field) => Buffer.from(field))])).toEqual(expected);
  });

  it('a payload holds the version and what is given', () => {
    expect(encodePayload({ keys: ['k'] })).toBe('{"v":1,"keys":["k"]}');
    expect(encodePayload({ all: true })).toBe('{"v":1,"all":true}');
  });

  it.each([
    '',
    'nonsense',
    '1 2 3-0 origin',
    '1 2 3-0 origin nonsense',
    '1 2 3-0 origin null',
    '1 2 3-0 origin []',
    '1 2 3-0 origin {"v":1}',
    '1 2 3-0 origin {"v":1,"keys":[]}',
    '1 2 3-0 origin {"v":2,"keys":["k"]}',
    '1 2 3-0 origin {"v":1,"keys":["k"],"prefixes":["*"]}',
    '1 2 3-0 origin {"v":1,"patterns":["\\\\"]}',
    '1 2 3-0 origin {"v":1,"patterns":[""]}',
    '1 2 3-0 origin {"v":1,"push":true}',
    '1 2 3-0 origin {"v":1,"tags":["t"],"push":true}',
    '1 2 3-0 origin {"v":1,"keys":["k"],"push":1}',
    '1 2 3-0 origin {"v":1,"keys":"k"}',
    '1 2 3-0 origin {"v":1,"keys":[1]}',
    '1 2 3-0 origin {"v":1,"all":false,"keys":["k"]}',
    '1 x 3-0 origin {"v":1,"keys":["k"]}',
    '1 -2 3-0 origin {"v":1,"keys":["k"]}',
    '1 9999999999999999 3-0 origin {"v":1,"keys":["k"]}',
    '1 2 3 origin {"v":1,"keys":["k"]}',
  ])('%s is not understood', (text) => {
    expect(decodeMessage(text)).toBeUndefined();
  });

  it.each([[undefined], ['x'], [[]], [['1-0']], [['1-0', 'x']], [['1-0', ['e', '1']]]])(
    'the entry %j is not understood',
    (entry) => {
      expect(decodeEntry(entry)).toBeUndefined();
    },
  );
});
