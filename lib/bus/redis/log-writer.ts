import type { Stamp } from '../../contract/entry.js';
import { BackendError } from '../../contract/errors.js';
import type { InvalidationScope } from '../../contract/invalidation-bus.js';
import type { RunOnData } from './data-lives.js';
import type { RedisFollower } from './redis-follower.js';
import { recordedAt, type RedisLog } from './redis-log.js';
import { splitScope } from './split-scope.js';

/** Records the invalidations of one instance. */
export class LogWriter {
  #count = 0;

  /** @param lives of the masters of a cluster, as far as they are known */
  constructor(
    private readonly name: string,
    private readonly log: RedisLog,
    private readonly follower: RedisFollower,
    private readonly run: RunOnData,
    private readonly lives: () => readonly string[],
  ) {}

  /** How many messages have been recorded. */
  get count(): number {
    return this.#count;
  }

  /** The parts of a large one are sent one after the other: others are served in between. */
  async invalidate(scope: InvalidationScope): Promise<Stamp> {
    let { stamp } = this.follower.log;
    for (const part of splitScope(scope)) stamp = await this.#record(part);
    return stamp;
  }

  async #record(part: InvalidationScope): Promise<Stamp> {
    const { known } = this.follower;
    const reply = await this.run('publish', (client) =>
      this.log.invalidate(client, known, part, this.lives()),
    );
    const stamp = recordedAt(reply);
    if (stamp === undefined) {
      throw new BackendError(this.name, 'publish', 'Redis gave an answer that makes no sense');
    }
    this.#count++;
    this.follower.hear(stamp);
    return stamp;
  }
}
