import type { Entry } from '../../contract/entry.js';
import type { BackendError } from '../../contract/errors.js';
import { fresher } from '../tiers/cache-entry.js';
import type { ChainWrite } from '../tiers/chain-writer.js';
import { toTierWrite } from '../tiers/chain-writer.js';
import type { EngineParts, Fence } from '../engine-parts.js';
import { FencedEntry, type FencedTier } from '../fences/fenced-tier.js';
import type { Remover } from '../coherence/remover.js';
import type { ValueType } from '../stored/value-type.js';

/** The engine's part that makes values stale: who asks next has the key loaded anew, and the old value is kept. */
export class Expirer {
  constructor(
    private readonly parts: EngineParts,
    private readonly remover: Remover,
  ) {}

  /** Resolves with the failures; with `undefined` where there is nothing that could be kept: then it is to be removed. */
  async expire(key: string, type: ValueType | undefined): Promise<BackendError[] | undefined> {
    const { log, fence, opening } = this.parts;
    // What was begun before is neither joined nor kept.
    log.record([key]);
    const joining = opening();
    if (joining !== undefined) await joining;
    return fence === undefined
      ? this.#expireUnfenced(key, type)
      : this.#expireFenced(fence, key, type);
  }

  async #expireUnfenced(
    key: string,
    type: ValueType | undefined,
  ): Promise<BackendError[] | undefined> {
    const { log, fallbacks, reader, writer } = this.parts;
    const { position } = log;
    const held = fallbacks.held(key)?.entry;
    // A tier below may keep it for longer than memory does, or have what another process has stored since.
    const found = await reader.find(key, { type, position, silent: true });
    const below = found.entry ?? found.stale;
    const entry = held === undefined ? below : fresher(held, below);
    if (!isKept(entry) || !log.isCurrent(key, position)) return undefined;
    // What reads have found meanwhile is what is to be stale.
    log.record([key]);
    const write = this.#stale(key, entry);
    const failures = await writer.store([write], { type, position: log.position, replaces: true });
    return [...(await this.remover.tell([key], false)), ...failures];
  }

  /** Under the key's lease, so that no newer value is covered. */
  async #expireFenced(
    { tier, loads, others }: Fence,
    key: string,
    type: ValueType | undefined,
  ): Promise<BackendError[] | undefined> {
    const { log, admission, calls, clock, invalidations, nameOf, writer } = this.parts;
    const { position } = log;
    const entry = await this.#read(tier, key, type);
    if (entry === undefined || !isKept(entry)) return undefined;
    if (!(await admission.admits(key, entry))) return undefined;
    const lease = await loads.leaseOver(key, entry.token, type);
    if (lease === undefined) return undefined;
    // It may have been removed before the lease was had; what removes it from now on takes the lease away.
    const standing = await this.#read(tier, key, type);
    if (standing?.token !== entry.token || !log.isCurrent(key, position)) {
      await lease.release();
      return undefined;
    }
    const write = this.#stale(key, entry);
    if ((await lease.store(toTierWrite(write, tier, clock.now()), type)) !== true) return undefined;
    const failures: BackendError[] = [];
    await calls.attempt(
      tier,
      'write',
      () => invalidations.record({ keys: [nameOf(key)] }, Promise.resolve()),
      (failure) => failures.push(failure),
    );
    if (!log.isCurrent(key, position)) {
      // What was removed elsewhere meanwhile is not to come back here. Otherwise memory has it still, and fresh.
      return log.isNamedSince(key, position) ? failures : undefined;
    }
    log.record([key]);
    await writer.store([write], { type, position: log.position }, others);
    return failures;
  }

  async #read(
    tier: FencedTier,
    key: string,
    type: ValueType | undefined,
  ): Promise<FencedEntry | undefined> {
    try {
      const entry = await tier.read(key, type);
      return entry instanceof FencedEntry ? entry : undefined;
    } catch (error) {
      this.parts.calls.failure(tier, 'read', error);
      return undefined;
    }
  }

  #stale(key: string, entry: Entry): ChainWrite {
    const { expiresAt } = entry;
    return { key, record: entry, ends: { freshUntil: this.parts.clock.now(), expiresAt } };
  }
}

function isKept(entry: Entry | undefined): entry is Entry {
  return entry !== undefined && entry.staleFor > 0;
}
