/** A pattern, with keys that it matches and keys that it does not. */
export interface PatternCase {
  readonly pattern: string;
  readonly matches: readonly string[];
  readonly others: readonly string[];
}

/**
 * The one grammar of all tiers in examples: `*` is any run of characters, `?` one character, `\` takes the
 * next one literally, all else stands for itself. What means something in the globs of Redis, of shells and
 * of SQL is among the rest.
 *
 * @publicApi
 */
export const patternCases: readonly PatternCase[] = [
  {
    pattern: 'user:1',
    matches: ['user:1'],
    others: ['user:11', 'xuser:1', 'User:1', 'user:', '1'],
  },
  { pattern: '*', matches: ['a', 'a b', 'a:b', 'a\nb', 'ключ', '😀', '*'], others: [] },
  {
    pattern: 'user:*',
    matches: ['user:', 'user:1', 'user:1:name', 'user:a/b', 'user:\n'],
    others: ['user', 'users:1', ' user:1', 'USER:1'],
  },
  { pattern: '*:name', matches: [':name', 'user:name', 'a:b:name'], others: ['name', 'a:names'] },
  {
    pattern: 'user:*:name',
    matches: ['user:1:name', 'user::name', 'user:1:name:2:name'],
    others: ['user:name', 'user:1:names', 'user:1:Name'],
  },
  { pattern: '*a*b*', matches: ['ab', 'xaxbx', 'aab', 'acb'], others: ['ba', 'a', 'b'] },
  { pattern: 'a**b', matches: ['ab', 'axb', 'a/b'], others: ['a', 'abc'] },
  { pattern: '**/x', matches: ['/x', 'a/x', 'a/b/x'], others: ['x', 'a/xx'] },
  { pattern: 'nothing:*', matches: [], others: ['something:1', 'nothing'] },

  {
    pattern: 'user:?',
    matches: ['user:1', 'user:é', 'user:世', 'user:😀', 'user: ', 'user:\n', 'user:?'],
    others: ['user:', 'user:12', 'user:😀😀', 'user:e\u0301'],
  },
  { pattern: '??', matches: ['ab', '😀b', 'e\u0301'], others: ['a', 'abc', '😀'] },
  { pattern: '?*', matches: ['a', 'ab', '😀'], others: [] },
  { pattern: '*?x', matches: ['ax', 'aax', '😀x'], others: ['x', 'xa'] },
  { pattern: '*😀*', matches: ['😀', 'a😀b'], others: ['😁', 'a'] },

  { pattern: 'price\\*', matches: ['price*'], others: ['price', 'price1', 'price\\*', 'price\\'] },
  { pattern: 'what\\?', matches: ['what?'], others: ['whats', 'what', 'what\\?'] },
  { pattern: 'a\\\\b', matches: ['a\\b'], others: ['a\\\\b', 'ab'] },
  { pattern: 'a\\\\*', matches: ['a\\', 'a\\b'], others: ['a*', 'ab'] },
  { pattern: '\\a\\[\\😀', matches: ['a[😀'], others: ['\\a\\[\\😀', '\\a'] },

  { pattern: '[ab]', matches: ['[ab]'], others: ['a', 'b', '[ab', 'ab'] },
  { pattern: '[^a]', matches: ['[^a]'], others: ['b', '[', ']'] },
  { pattern: '[a-c]*', matches: ['[a-c]', '[a-c]x'], others: ['ax', 'b'] },
  { pattern: '[', matches: ['['], others: ['a', '[['] },
  { pattern: '*]', matches: [']', 'a]'], others: ['a'] },
  { pattern: '{a,b}', matches: ['{a,b}'], others: ['a', 'b'] },
  { pattern: 'user:{1}:*', matches: ['user:{1}:a'], others: ['user:1:a', 'user:{2}:a'] },
  { pattern: '!(a)', matches: ['!(a)'], others: ['a', 'b'] },
  { pattern: 'a.b', matches: ['a.b'], others: ['axb'] },
  { pattern: '^a$', matches: ['^a$'], others: ['a'] },
  { pattern: '(a|b)+', matches: ['(a|b)+'], others: ['a', 'ab', 'b'] },
  { pattern: 'a_%', matches: ['a_%'], others: ['ab', 'ab1', 'a__'] },
  { pattern: '%', matches: ['%'], others: ['a', 'ab'] },

  { pattern: '__proto__*', matches: ['__proto__', '__proto__x'], others: ['constructor'] },
  { pattern: 'two words*', matches: ['two words', 'two words more'], others: ['two', 'words'] },
  { pattern: '*break', matches: ['line\nbreak', 'line\r\nbreak'], others: ['break\nline'] },
  {
    // A matcher that tries every way needs billions of steps for these: too long for the limit of any test.
    pattern: `${'*a'.repeat(10)}*b`,
    matches: [`${'a'.repeat(10)}b`],
    others: ['a'.repeat(44)],
  },
];

/** What is not of that grammar: a pattern is not empty, and something follows a `\`. @publicApi */
export const badPatterns: readonly string[] = ['', '\\', 'user:\\', 'user:*\\\\\\'];
