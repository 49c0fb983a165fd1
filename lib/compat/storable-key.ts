import { createHash } from 'node:crypto';

/** The key, or what stands for one that is longer than the cache takes, such as a URL with many parameters. */
export function storableKey(key: string, longest: number): string {
  if (typeof key !== 'string' || key.length <= longest) return key;
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}
