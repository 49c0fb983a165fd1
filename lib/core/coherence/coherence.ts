import type { Clock } from '../../contract/clock.js';
import type { Entry, Stamp } from '../../contract/entry.js';
import type {
  BusCheck,
  Invalidation,
  InvalidationBus,
  InvalidationListener,
  InvalidationScope,
} from '../../contract/invalidation-bus.js';
import { isBefore } from '../../bus/log-follower.js';
import type { LocalVoids } from './local-voids.js';
import { namespaceTags } from './tags.js';

/** How far an instance trusts its memory; times in milliseconds. */
export interface CoherenceSettings {
  /** Whether the log is shared with other instances; stamps of others say nothing in a log of this process alone. */
  readonly shared: boolean;
  /** How old the proof may be that every invalidation has been applied here. */
  readonly staleness: number;
  /** What is done without a proof: go on serving from memory, or only what was known good just now. */
  readonly whenUnverified: 'serve' | 'bypass';
  /** How long `serve` goes on, for each entry, after it was last known good. */
  readonly maxUnverified: number;
}

/** What an invalidation changes here, beside what is judged by stamps. */
export interface CoherenceEffects {
  onInvalidation(invalidation: Invalidation): void;
  onReset(): void;
  onVerification(verified: boolean): void;
  /** @param key as the bus names it */
  onLeaseEnded(key: string): void;
}

/** The parts of an entry by which it is judged. */
export type Judged = Pick<Entry, 'stamp' | 'tags' | 'provenAt'>;

/** `ask`: the entry is older than what is known here of its tags. */
export type Judgement = 'valid' | 'void' | 'ask';

/** When work began: what tells whether it may be joined. */
export interface Beginning {
  readonly generation: number;
  /** In `Clock.now()`. */
  readonly time: number;
}

/** For how many times the staleness it is held that the keeper does not answer; connections are remade in half of it. */
const SILENCE_LASTS = 4;

/** How many tags are remembered before the older half of them is forgotten. */
const REMEMBERED_TAGS = 10_000;

/**
 * What this instance knows of invalidations, and what it may therefore trust. An entry is void when it is of
 * another epoch, or when everything, its namespace or one of its tags was invalidated after its stamp; its key
 * needs no look here, because whoever hears of a key drops it at once. A hit compares numbers: `generation`
 * changes whenever an entry that was valid may not be any more.
 */
export class Coherence implements InvalidationListener {
  /** Entries that were found valid at this number are valid. */
  #generation = 1;
  /** The last invalidation of everything that is known here. */
  #all = 0;
  /** Whether all invalidations of everything are known, those before this instance came included. */
  #knowsAll = false;
  readonly #tags = new Map<string, number>();
  /** All invalidations of tags, and of everything, after this position are known here. */
  #knownSince: number;
  /** The last invalidation of tags or of everything that has a number here; the bus may not have come that far. */
  #recorded: Stamp = { epoch: 0, position: 0 };
  /** The newest epoch that was heard of; the bus may not have reached it yet. */
  #newestEpoch = 0;
  /** Until when the last proof that was looked at is young; less than the bus may have by now, and a number at hand. */
  #trustedUntil = -Infinity;
  /** Up to when it was proved that nothing was missing, before that proof was lost. */
  #provedAt = -Infinity;
  /** When the keeper of the log last failed to answer, as it was asked for want of a proof. */
  #silentAt = -Infinity;
  #asking: Promise<void> | undefined;
  #askedAt = -Infinity;

  constructor(
    private readonly bus: InvalidationBus,
    private readonly clock: Clock,
    private readonly settings: CoherenceSettings,
    private readonly voids: LocalVoids,
    private readonly effects: CoherenceEffects,
  ) {
    this.#knownSince = bus.stamp.position;
    bus.subscribe(this);
  }

  /** What stamps a load that begins now. */
  get stamp(): Stamp {
    return this.bus.stamp;
  }

  /** Up to when it is, or was, proved that nothing was missing, in `Clock.now()`. */
  get provedAt(): number {
    return Math.max(this.bus.verifiedAt, this.#provedAt);
  }

  /** Up to when it is proved that every invalidation is known here, in `Clock.now()`. */
  get verifiedAt(): number {
    return this.bus.verifiedAt;
  }

  /** Whether it is proved that nothing has been missed. */
  get isVerified(): boolean {
    return (
      !this.settings.shared || this.clock.now() <= this.bus.verifiedAt + this.settings.staleness
    );
  }

  /** Marks the beginning of work. */
  begin(): Beginning {
    return { generation: this.#generation, time: this.clock.now() };
  }

  /** Whether somebody who comes now may have what began then. */
  mayJoin({ generation, time }: Beginning): boolean {
    if (generation !== this.#generation) return false;
    if (this.isVerified) return true;
    const now = this.clock.now();
    this.#askKeeper(now);
    return this.#trustsUnverified(Math.max(time, this.provedAt), now);
  }

  /** Whether what memory holds may be answered; runs on every hit. */
  trusts(key: string, entry: Entry): boolean {
    if (entry.judged !== this.#generation && !this.#judgeAnew(key, entry)) return false;
    if (!this.settings.shared) return true;
    const now = this.clock.now();
    return now <= this.#trustedUntil || this.#trustsAnew(entry, now);
  }

  /** Whether what was found good at a generation is so without another look. */
  stands(judged: number, now: number): boolean {
    return judged === this.#generation && (!this.settings.shared || now <= this.#trustedUntil);
  }

  /** Whether an entry that memory holds may be answered because nothing below memory answers. */
  bears(key: string, entry: Entry): boolean {
    if (this.settings.whenUnverified === 'bypass') return this.trusts(key, entry);
    if (entry.judged !== this.#generation && !this.#judgeAnew(key, entry)) return false;
    return this.clock.now() <= this.#knownGoodAt(entry) + this.settings.maxUnverified;
  }

  judge(key: string, entry: Judged): Judgement {
    const { stamp } = entry;
    const tags = tagsOf(key, entry.tags);
    if (this.voids.has(tags, entry.provenAt)) return 'void';
    if (stamp?.epoch !== this.bus.stamp.epoch || stamp.epoch < this.#newestEpoch) {
      // Of another process. Its tags may have been invalidated there; its key has been removed, if that was.
      return this.settings.shared || entry.tags !== undefined ? 'void' : 'valid';
    }
    const { position } = stamp;
    if (position < this.#all) return 'void';
    const knowsTags = position >= this.#knownSince;
    let judgement: Judgement = knowsTags || this.#knowsAll ? 'valid' : 'ask';
    for (const tag of tags) {
      const invalidated = this.#tags.get(tag);
      if (invalidated !== undefined && invalidated > position) return 'void';
      if (invalidated === undefined && !knowsTags) judgement = 'ask';
    }
    return judgement;
  }

  /**
   * Judges by what the keeper of the log says, in one round trip: for an entry of which too little is known
   * here, or while nothing is proved.
   *
   * @throws BackendError when the keeper does not answer
   */
  async vouch(key: string, { stamp, tags }: Judged): Promise<boolean> {
    const asked = tagsOf(key, tags);
    const answer = await this.bus.check(asked);
    this.#hearOf(answer.stamp.epoch);
    if (!answer.complete || stamp?.epoch !== answer.stamp.epoch) return false;
    // An answer of before what is known of all tags says nothing of what came between.
    const { epoch, position } = answer.stamp;
    if (epoch === this.bus.stamp.epoch && position >= this.#knownSince) {
      this.#knowsAll = true;
      this.#learnAhead(asked, answer);
    }
    return Math.max(answer.all, ...answer.tags) <= stamp.position;
  }

  /** What was valid has to be judged again. */
  judgeAllAnew(): void {
    this.#generation++;
  }

  /** An invalidation of this instance has got its number; its message may come later. */
  onRecorded({ tags = [], all }: InvalidationScope, stamp: Stamp): void {
    const { epoch, position } = stamp;
    if ((tags.length > 0 || all === true) && isBefore(this.#recorded, stamp))
      this.#recorded = stamp;
    if (epoch !== this.bus.stamp.epoch) {
      this.#newestEpoch = Math.max(this.#newestEpoch, epoch);
      // Its tags cannot be told apart before the bus has come that far: who comes now joins nothing of before it.
      this.#generation++;
      return;
    }
    const before = this.#all;
    if (all === true) this.#all = Math.max(before, position);
    const news = tags.filter((tag) => this.#learn(tag, position));
    if (news.length > 0 || this.#all !== before) this.#generation++;
  }

  onInvalidation(invalidation: Invalidation): void {
    this.onRecorded(invalidation.scope, invalidation.stamp);
    this.effects.onInvalidation(invalidation);
  }

  onReset({ epoch, position }: Stamp): void {
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch);
    this.#all = 0;
    this.#knowsAll = false;
    this.#tags.clear();
    // What was invalidated here may be ahead of where the bus goes on.
    const { epoch: own, position: ahead } = this.#recorded;
    this.#knownSince = own === epoch ? Math.max(position, ahead) : position;
    this.#generation++;
    this.effects.onReset();
  }

  onVerification(verified: boolean, provedAt: number): void {
    this.#trustedUntil = -Infinity;
    this.#provedAt = Math.max(this.#provedAt, provedAt);
    if (verified) this.#silentAt = -Infinity;
    this.effects.onVerification(verified);
  }

  onLeaseEnded(key: string): void {
    this.effects.onLeaseEnded(key);
  }

  /** The log has begun anew, and the bus will tell: what is stamped with an older epoch is void already. */
  #hearOf(epoch: number): void {
    if (epoch <= this.#newestEpoch) return;
    this.#newestEpoch = epoch;
    this.#generation++;
  }

  #judgeAnew(key: string, entry: Entry): boolean {
    if (this.judge(key, entry) !== 'valid') return false;
    entry.judged = this.#generation;
    return true;
  }

  #trustsAnew(entry: Entry, now: number): boolean {
    this.#trustedUntil = this.bus.verifiedAt + this.settings.staleness / 2;
    return now <= this.#trustedUntil || this.#trustsLate(entry, now);
  }

  /** The proof grows old: it is time to learn whether the keeper of the log answers at all. */
  #trustsLate(entry: Entry, now: number): boolean {
    this.#askKeeper(now);
    return this.#trustsUnverified(this.#knownGoodAt(entry), now);
  }

  #trustsUnverified(knownGoodAt: number, now: number): boolean {
    const { staleness, whenUnverified, maxUnverified } = this.settings;
    if (now <= knownGoodAt + staleness) return true;
    // Where the keeper answers, it is asked about each entry; memory goes on alone only where nothing answers.
    return this.#isSilent(now) && whenUnverified === 'serve' && now <= knownGoodAt + maxUnverified;
  }

  #knownGoodAt({ provenAt }: Entry): number {
    return Math.max(provenAt, this.provedAt);
  }

  /** Whether the keeper does not answer, as far as is known: no proof has come since, and it is not long ago. */
  #isSilent(now: number): boolean {
    const silence = this.#silentAt;
    return silence > this.provedAt && now <= silence + SILENCE_LASTS * this.settings.staleness;
  }

  #askKeeper(now: number): void {
    if (this.#asking !== undefined || now < this.#askedAt + this.settings.staleness / 4) return;
    this.#askedAt = now;
    this.#asking = this.bus
      .check([])
      .then(
        () => -Infinity,
        // A proof that was asked for later says that it does answer.
        () => (this.provedAt > now ? -Infinity : this.clock.now()),
      )
      .then((silentAt) => {
        this.#silentAt = silentAt;
        this.#asking = undefined;
        return undefined;
      });
  }

  /** What the keeper says may be ahead of the messages, which will be no news when they come. */
  #learnAhead(tags: readonly string[], answer: BusCheck): void {
    const news = tags.map((tag, index) => {
      const position = answer.tags[index] ?? 0;
      return this.#learn(tag, position) ? position : 0;
    });
    if (answer.all > this.#all) news.push(answer.all);
    this.#all = Math.max(this.#all, answer.all);
    if (Math.max(0, ...news) > this.bus.stamp.position) this.#generation++;
  }

  /** @returns whether it is news */
  #learn(tag: string, position: number): boolean {
    const known = this.#tags.get(tag);
    if (known !== undefined && known >= position) return false;
    this.#tags.delete(tag);
    this.#tags.set(tag, position);
    if (this.#tags.size > REMEMBERED_TAGS) this.#forgetTags();
    return true;
  }

  /** Errs on the safe side: of what is older than what was forgotten, the keeper is asked. */
  #forgetTags(): void {
    for (const [oldest, invalidated] of this.#tags) {
      if (this.#tags.size <= REMEMBERED_TAGS / 2) return;
      this.#tags.delete(oldest);
      this.#knownSince = Math.max(this.#knownSince, invalidated);
    }
  }
}

function tagsOf(key: string, tags: readonly string[] | undefined): readonly string[] {
  const unasked = namespaceTags(key);
  return tags === undefined ? unasked : [...unasked, ...tags];
}
