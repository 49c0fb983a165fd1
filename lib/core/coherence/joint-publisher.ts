import type { Stamp } from '../../contract/entry.js';
import type { InvalidationBus, InvalidationScope } from '../../contract/invalidation-bus.js';

/** Keys whose invalidation is to be recorded together. */
interface Joint {
  readonly keys: string[];
  /** The removals of their values. */
  readonly removals: PromiseLike<unknown>[];
  /** Whether one of these has failed. */
  hasFailed: boolean;
  readonly recorded: Promise<Stamp>;
}

/**
 * Records invalidations of keys that are asked for at once as one: the log, the server and every instance that
 * listens have one message to deal with, and not one for each key.
 */
export class JointPublisher {
  /** What the next message holds, where the new values are to be fetched and where they are not. */
  readonly #joints = new Map<boolean, Joint>();

  constructor(private readonly bus: Pick<InvalidationBus, 'publish'>) {}

  /** As `publish` of the bus. */
  async publish(
    scope: InvalidationScope,
    removed: PromiseLike<unknown> | undefined,
  ): Promise<Stamp> {
    const { keys, tags, patterns, all, push = false } = scope;
    if (keys === undefined || (tags ?? patterns ?? all) !== undefined) {
      return this.bus.publish(scope, removed);
    }
    const joint = this.#joints.get(push) ?? this.#open(push);
    joint.keys.push(...keys);
    if (removed !== undefined) joint.removals.push(removed);
    try {
      return await joint.recorded;
    } catch (error) {
      await removed;
      if (!joint.hasFailed) throw error;
      // What has failed is the removal of other keys, which is nothing to these.
      return this.bus.publish(scope);
    }
  }

  #open(push: boolean): Joint {
    const joint: Joint = {
      keys: [],
      removals: [],
      hasFailed: false,
      // What others ask for in this step of the event loop at the same time is waiting in the queue already.
      recorded: Promise.resolve().then(() => this.#record(joint, push)),
    };
    this.#joints.set(push, joint);
    return joint;
  }

  #record(joint: Joint, push: boolean): Promise<Stamp> {
    this.#joints.delete(push);
    const { keys, removals } = joint;
    const removed = Promise.all(removals);
    // Seen here, too, where the bus fails without looking at it.
    removed.catch(() => {
      joint.hasFailed = true;
    });
    return this.bus.publish({ keys, ...(push && { push }) }, removed);
  }
}
