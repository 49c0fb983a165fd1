import type { Stamp } from '../../contract/entry.js';
import type { InvalidationBus, InvalidationScope } from '../../contract/invalidation-bus.js';

/** Keys whose invalidation is to be recorded together. */
interface Joint {
  readonly keys: string[];
  /** The removals of their values. */
  readonly removals: PromiseLike<unknown>[];
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

  /** As `publish` of the bus. Where one of the removals fails, nothing is recorded of what was to be told with it. */
  publish(scope: InvalidationScope, removed: PromiseLike<unknown> | undefined): Promise<Stamp> {
    const { keys, tags, patterns, all, push = false } = scope;
    if (keys === undefined || (tags ?? patterns ?? all) !== undefined) {
      return this.bus.publish(scope, removed);
    }
    let joint = this.#joints.get(push);
    if (joint === undefined) {
      joint = this.#open(push);
      this.#joints.set(push, joint);
    }
    joint.keys.push(...keys);
    if (removed !== undefined) joint.removals.push(removed);
    return joint.recorded;
  }

  #open(push: boolean): Joint {
    const keys: string[] = [];
    const removals: PromiseLike<unknown>[] = [];
    const publish = (): Promise<Stamp> => {
      this.#joints.delete(push);
      const removed = removals.length > 1 ? Promise.all(removals) : removals[0];
      return this.bus.publish({ keys, ...(push && { push }) }, removed);
    };
    // What others ask for in this step of the event loop at the same time is waiting in the queue already.
    return { keys, removals, recorded: Promise.resolve().then(publish) };
  }
}
