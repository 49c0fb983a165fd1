import { RedisKeys } from '../../../lib/backends/redis/redis-keys.js';
import { RedisBackend } from '../../../lib/backends/redis/redis.backend.js';
import { packFilled } from '../../../lib/backends/redis/stored-bytes.js';
import { RedisBus } from '../../../lib/bus/redis/redis-bus.js';
import { systemClock } from '../../../lib/contract/clock.js';
import { Coherence } from '../../../lib/core/coherence/coherence.js';
import { Fallbacks } from '../../../lib/core/loading/fallbacks.js';
import type { Flight } from '../../../lib/core/loading/flight.js';
import { FlightTable } from '../../../lib/core/loading/flight-table.js';
import { InvalidationLog } from '../../../lib/core/coherence/invalidation-log.js';
import type { Ablation } from './ablation.js';

/** Turns a mechanism off, for all caches of this process. */
export function ablate(without: Ablation): void {
  const cuts = {
    fence: cutFence,
    dirty: cutDirty,
    probe: cutProbe,
    detach: cutDetach,
    judge: cutJudge,
  };
  const cut = cuts[without];
  cut();
}

/** As `fill`, but for the question who holds the lease. */
const FILL_REGARDLESS = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('UNLINK', KEYS[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1`;

/** Whoever has loaded a value stores it, whether he still holds the lease or not. */
function cutFence(): void {
  const keys = new RedisKeys('cache-tier:', '');
  RedisBackend.prototype.fill = async function fill(key, token, value, ttl) {
    const names = [keys.encode(key), keys.encodeLease(key)];
    const args = [packFilled(token, value), ttl, 'cache-tier:leases', key];
    return this.connection.commander.run(
      'fill',
      (client) => client.callBuffer('EVAL', FILL_REGARDLESS, 2, ...names, ...args),
      () => true,
    );
  };
}

/** The instance always believes to have proved just now that it has missed nothing. */
function cutProbe(): void {
  Object.defineProperty(RedisBus.prototype, 'verifiedAt', { get: () => systemClock.now() });
}

/** What the cache had before is answered where a load is slow or fails, whatever has been heard since. */
function cutJudge(): void {
  Fallbacks.prototype.usable = (_key, fallback) => fallback?.entry;
}

/** What was read or loaded is kept in memory, whatever has been heard meanwhile. Flights are still detached. */
function cutDirty(): void {
  replaceIsCurrent((joining, isCurrent) => !joining || isCurrent());
}

/** Whoever comes joins the work under way, though it began before an invalidation. What it brings is not kept. */
function cutDetach(): void {
  replaceIsCurrent((joining, isCurrent) => joining || isCurrent());
  Coherence.prototype.mayJoin = () => true;
}

/** The log of the process tells what began before an invalidation: to those who join, and to those who keep. */
function replaceIsCurrent(answer: (joining: boolean, isCurrent: () => boolean) => boolean): void {
  const isCurrent = methodOf<InvalidationLog, [string, number], boolean>(
    InvalidationLog.prototype,
    'isCurrent',
  );
  const joinable = methodOf<FlightTable, [string], Flight | undefined>(
    FlightTable.prototype,
    'joinable',
  );
  let joining = false;
  InvalidationLog.prototype.isCurrent = function replaced(key, position) {
    return answer(joining, () => isCurrent.call(this, key, position));
  };
  FlightTable.prototype.joinable = function join(key) {
    joining = true;
    try {
      return joinable.call(this, key);
    } finally {
      joining = false;
    }
  };
}

type Method<Self, Args extends readonly unknown[], Result> = (this: Self, ...args: Args) => Result;

function methodOf<Self extends object, Args extends readonly unknown[], Result>(
  prototype: Self,
  name: string,
): Method<Self, Args, Result> {
  const found: unknown = Reflect.get(prototype, name);
  return found as Method<Self, Args, Result>;
}
