import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { quote } from '../../lib/contract/quote.js';

describe('quote', () => {
  it('shows a plain text between quotation marks', () => {
    expect(quote('user:1')).toBe('"user:1"');
    expect(quote('ключ 键 😀')).toBe('"ключ 键 😀"');
    expect(quote('')).toBe('""');
  });

  it('lets no line break through, so that a text cannot forge a log line', () => {
    expect(quote('a\r\n[ERROR] b\u0085c\u2028d\u2029e')).toBe(
      '"a\\r\\n[ERROR] b\\u0085c\\u2028d\\u2029e"',
    );
  });

  it('lets no control character through, so that a text cannot colour or clear a terminal', () => {
    expect(quote('\u001b[31mred\u001b[0m \u009b2J \u0000 \u007f \b')).toBe(
      '"\\u001b[31mred\\u001b[0m \\u009b2J \\u0000 \\u007f \\b"',
    );
  });

  it('lets no character through that is invisible or changes the direction of a text', () => {
    expect(quote('a\u202eb\u2066c\u200fd\u061ce\u200bf\ufeffg\u00adh\u2060i')).toBe(
      '"a\\u202eb\\u2066c\\u200fd\\u061ce\\u200bf\\ufeffg\\u00adh\\u2060i"',
    );
  });

  it('escapes its own quotation marks and backslashes', () => {
    expect(quote('a" and \\')).toBe('"a\\" and \\\\"');
  });

  it('shows 80 characters of a text, and tells how long it is', () => {
    expect(quote('x'.repeat(80))).toBe(`"${'x'.repeat(80)}"`);
    expect(quote('x'.repeat(81))).toBe(`"${'x'.repeat(80)}"… (81 characters)`);
    expect(quote('x'.repeat(1_000_000)).length).toBeLessThan(120);
  });

  it('stays well-formed where it cuts a character in two', () => {
    const shown = quote(`${'x'.repeat(79)}😀`);
    expect(shown).toBe(`"${'x'.repeat(79)}\\ud83d"… (81 characters)`);
  });

  it('shows numbers, truth values and nothing as they are', () => {
    const values = [1.5, NaN, -Infinity, true, null, undefined];
    expect(values.map(quote)).toEqual(['1.5', 'NaN', '-Infinity', 'true', 'null', 'undefined']);
  });

  it('names the kind of what could be anything, and never shows what is in it', () => {
    const values = [{ password: 'p' }, ['p'], () => 'p', Symbol('p'), 1n, Object.create(null)];
    expect(values.map(quote)).toEqual([
      'an object',
      'an array',
      'a function',
      'a symbol',
      'a bigint',
      'an object',
    ]);
  });

  it('answers one printable line of bounded length, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shown = quote(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect(shown.length).toBeLessThan(80 * 6 + 30);
      }),
    );
  });
});
