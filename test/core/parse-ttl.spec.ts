import { describe, expect, it } from '@jest/globals';
import { InvalidTtlError } from '../../lib/contract/errors.js';
import { MAX_TTL } from '../../lib/contract/ttl.js';
import {
  DEFAULT_TTL,
  parseTtl,
  ttlStrategies,
  type DurationString,
  type Ttl,
} from '../../lib/core/parse-ttl.js';

/** Whether a ttl may be of that type. */
type IsTtl<Given> = Given extends Ttl ? true : false;

describe('parseTtl', () => {
  it.each<[Ttl, number]>([
    [1, 1],
    [250, 250],
    [MAX_TTL, MAX_TTL],
    ['1ms', 1],
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    ['007s', 7000],
    ['36500d', MAX_TTL],
    ['realTime', 10_000],
    ['shortTerm', 300_000],
    ['mediumTerm', 3_600_000],
    ['longTerm', 10_800_000],
  ])('%p is %d ms', (ttl, milliseconds) => {
    expect(parseTtl(ttl, 'ttl')).toBe(milliseconds);
  });

  it.each<[Ttl, number]>([
    [1.4, 1],
    [1.5, 2],
    [0.001, 1],
    [Number.MIN_VALUE, 1],
    ['0.25ms', 1],
    ['1.0005s', 1001],
    ['8.2h', 29_520_000],
  ])('%p is rounded to %d ms, and never to none', (ttl, milliseconds) => {
    expect(parseTtl(ttl, 'ttl')).toBe(milliseconds);
  });

  const wrong: [title: string, ttl: unknown, shown: string][] = [
    ...[0, -0, -1, -0.5, NaN, Infinity, -Infinity, MAX_TTL + 1, Number.MAX_VALUE].map(
      (ttl): [string, unknown, string] => [`the number ${ttl}`, ttl, String(ttl)],
    ),
    ...[
      '',
      '5',
      '5x',
      '5 m',
      ' 5m',
      '5m ',
      '5M',
      '-5m',
      '+5m',
      '0s',
      '0.0h',
      '.5h',
      '5.h',
      '1e3s',
      '0x5s',
      'm',
      '5m30s',
      '5 minutes',
      '36501d',
      '9'.repeat(400) + 's',
      'realtime',
      'forever',
      'toString',
      '__proto__',
      '5toString',
    ].map((ttl): [string, unknown, string] => [JSON.stringify(ttl), ttl, ttl.slice(0, 20)]),
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object', { ms: 5 }, 'an object'],
    ['an array', [5], 'an array'],
    ['a BigInt', 5n, 'a bigint'],
    ['a boxed number', Object(5), 'an object'],
  ];

  it.each(wrong)('refuses %s, and says what is right', (_, ttl, shown) => {
    const parse = () => parseTtl(ttl as Ttl, 'negativeTtl');
    expect(parse).toThrow(InvalidTtlError);
    expect(parse).toThrow('Option "negativeTtl": ');
    expect(parse).toThrow(shown);
    expect(parse).toThrow("'250ms', '5m' or '1.5h' (ms, s, m, h, d, w)");
    expect(parse).toThrow('realTime, shortTerm, mediumTerm, longTerm');
  });

  it('escapes what it was given', () => {
    expect(() => parseTtl('\u001b[2J' as Ttl, 'ttl')).toThrow('"\\u001b[2J"');
  });

  it('keeps five minutes as the default', () => {
    expect(DEFAULT_TTL).toBe(300_000);
    expect(DEFAULT_TTL).toBe(ttlStrategies.shortTerm);
  });
});

describe('the type Ttl', () => {
  it('takes numbers, durations and strategies, and is checked when this file is compiled', () => {
    const right: [
      IsTtl<5000>,
      IsTtl<'5m'>,
      IsTtl<'1.5h'>,
      IsTtl<'250ms'>,
      IsTtl<'mediumTerm'>,
      IsTtl<DurationString>,
    ] = [true, true, true, true, true, true];
    const wrong: [
      IsTtl<'5x'>,
      IsTtl<'5'>,
      IsTtl<'m'>,
      IsTtl<'5 minutes'>,
      IsTtl<'realtime'>,
      IsTtl<string>,
      IsTtl<Date>,
    ] = [false, false, false, false, false, false, false];
    expect([...right, ...wrong]).toHaveLength(13);
  });
});
