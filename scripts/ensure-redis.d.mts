export interface EnsureRedisOptions {
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where to look beside the PATH. Default: `/usr/bin` and `/usr/local/bin`. */
  readonly directories?: readonly string[];
  /** Default: whether this process is root's. */
  readonly root?: boolean;
  /** What Debian asks before it starts a service. Default: `/usr/sbin/policy-rc.d`. */
  readonly policyFile?: string;
  /** Default: `console.log`. */
  readonly log?: (line: string) => void;
}

/** What to do where there is no server and none can be installed. */
export const INSTALL_HINT: string;

/** The path of a Redis or Valkey server, or `undefined`. Throws when REDIS_SERVER_BIN names none. */
export function findRedisServer(options?: EnsureRedisOptions): string | undefined;

/** As `findRedisServer`, but installs a server where that can be done, and throws where it cannot. */
export function ensureRedis(options?: EnsureRedisOptions): string;
