import { resolve } from 'node:path';
import { StartError } from '../start-error.js';

/** What the environment may change. A class, so that it is its own injection token. */
export class Settings {
  /** Where to listen; 0 takes any free port. */
  readonly port: number;
  /** This machine alone by default, because everybody who reaches the app may change populations. */
  readonly host: string;
  /** Holds the embedded Postgres. */
  readonly dataFolder: string;
  /** A Postgres server to use instead of the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Adds the second tier. */
  readonly redisUrl: string | undefined;

  constructor(given: Partial<Settings> = {}) {
    this.port = given.port ?? 3000;
    this.host = given.host ?? '127.0.0.1';
    // Seen from src and from dist it is the same folder.
    this.dataFolder = given.dataFolder ?? resolve(import.meta.dirname, '../../data');
    this.databaseUrl = given.databaseUrl;
    this.redisUrl = given.redisUrl;
  }

  /** From PORT, HOST, DATA_FOLDER, DATABASE_URL and REDIS_URL; an empty one counts as absent. */
  static fromEnvironment(environment: NodeJS.ProcessEnv): Settings {
    const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
    return new Settings({
      port: parsePort(read('PORT')),
      host: read('HOST'),
      dataFolder: read('DATA_FOLDER'),
      databaseUrl: read('DATABASE_URL'),
      redisUrl: read('REDIS_URL'),
    });
  }
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StartError(`PORT is a whole number from 0 to 65535; got ${JSON.stringify(text)}`);
  }
  return port;
}
