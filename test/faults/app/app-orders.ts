import type { CacheStats, CacheTierModuleOptions } from '../../../lib/index.js';
import type { OriginCounts, OriginMode } from './origin.js';

/** What can be said in JSON: the app is a process of its own. */
export interface AppSettings {
  readonly redisUrl: string;
  /** The options of the cache, without the address of Redis. */
  readonly cache: Omit<CacheTierModuleOptions, 'tiers' | 'codec' | 'clock' | 'random'>;
}

/** What the app can be told to do. */
export interface AppOrders {
  /** Changes how the origin answers. */
  origin(mode: OriginMode): void;
  /** Keeps the event loop busy for so many milliseconds. */
  block(ms: number): void;
  /** Lets the wall clock jump by so many milliseconds. */
  jump(ms: number): void;
  /** Asks once whether both tiers serve: a new key is loaded, found in Redis, and then found in memory. */
  serves(): Promise<boolean>;
  /** Voids much at once. */
  invalidate(how: 'pattern' | 'tags' | 'clear'): Promise<void>;
  /** Stores so many values of about so many bytes each, under keys of their own. */
  fill(entries: number, bytes: number): Promise<void>;
  /** Has so many callers ask for the same new key at once. @returns how many loads that took, and how many calls failed */
  callers(count: number): Promise<{ readonly loads: number; readonly failed: number }>;
  figures(): AppFigures;
  /** Collects garbage first. @returns the bytes in use */
  heap(): Promise<Heap>;
}

export interface Heap {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

export interface AppFigures {
  readonly origin: OriginCounts;
  readonly cache: CacheStats;
  /** Of requests that have been taken. */
  readonly requests: { readonly begun: number; readonly finished: number; readonly cut: number };
  /** Warnings of Node, such as of listeners that leak. */
  readonly warnings: readonly string[];
  /** Lines that were logged as errors, the first of them; and how many lines there were at all. */
  readonly errors: readonly string[];
  readonly logged: number;
}
