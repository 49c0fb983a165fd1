import type { Entry } from '../contract/entry.js';
import { Answer } from './loading/answer.js';
import { fresher, isFresh } from './tiers/cache-entry.js';
import type { Found } from './tiers/chain-reader.js';
import { leadOf } from './loading/early-refresh.js';
import type { EngineParts } from './engine-parts.js';
import type { Fallback } from './loading/fallbacks.js';
import { FencedEntry } from './fences/fenced-tier.js';
import { Flight } from './loading/flight.js';
import { keptTtl, type KeepPolicy } from './keep-policy.js';
import { KeyResort } from './loading/key-resort.js';
import type { EndedLoad, Load, LoadStart } from './loading/loads.js';
import { oldWhenSlow } from './loading/old-when-slow.js';
import type { StaleReason } from './watching/cache-events.js';
import type { Remover } from './coherence/remover.js';
import type { ValueType } from './stored/value-type.js';

/** A load that is wanted, and what its callers are given meanwhile. */
interface LoadTask {
  readonly key: string;
  readonly load: Load;
  readonly policy: KeepPolicy;
  readonly resort: KeyResort;
  readonly answer: Answer<unknown>;
  /** Whether what is found is to be loaded anew nevertheless. */
  readonly isDue?: (entry: Entry) => boolean;
}

/** How a look-up is done. */
interface Search {
  readonly type: ValueType | undefined;
  /** Whether no caller has asked for it: then it is not counted. */
  readonly silent?: boolean;
}

/** The engine's part for one key: a look-up below memory, and a load where there is nothing. */
export class KeyEngine {
  constructor(
    private readonly parts: EngineParts,
    private readonly remover: Remover,
  ) {}

  /** Looks in the tiers below memory, joining a look-up that is under way; never waits for a load. */
  async find(key: string, type: ValueType | undefined): Promise<Entry | undefined> {
    const flight = this.parts.flights.joinable(key) ?? this.#begin(key, { type });
    const { entry } = await this.#lookUp(key, flight, { type });
    return entry;
  }

  /** The value of a key that cannot be joined: found below memory, or loaded. */
  compute(key: string, load: Load, policy: KeepPolicy): Promise<unknown> {
    return this.#answer(key, load, policy, this.parts.fallbacks.held(key));
  }

  /** Loads a value anew that may be used until then, unless that is under way or has just failed. */
  refreshAhead(key: string, load: Load, policy: KeepPolicy, entry: Entry): void {
    const { flights, fallbacks, log, clock, random } = this.parts;
    if (flights.joinable(key) !== undefined || fallbacks.recentFailure(key) !== undefined) return;
    const lead = leadOf(entry, clock.now(), random);
    // What is below may be as old, or be what another process has loaded meanwhile: it is measured by the same draw.
    const isDue = ({ early, freshUntil }: Entry): boolean =>
      early > 0 && clock.now() + early * lead >= freshUntil;
    const held = { entry, position: log.position };
    this.#answer(key, load, policy, held, isDue).catch(() => undefined);
  }

  /** Loads whatever the tiers hold. The value replaces what is there, and what older loads will bring. */
  reload(key: string, load: Load, policy: KeepPolicy): Promise<unknown> {
    const { log, flights, coherence, fallbacks } = this.parts;
    log.record([key]);
    const replaced = fallbacks.held(key);
    // For those who do not wait for the load: until it has ended, what the tiers hold is the answer.
    const flight = new Flight(log.position, coherence.begin(), () => this.search(key, policy));
    // Who asks for a new value is not given an old one: there is nothing to fall back on.
    const resort = new KeyResort(fallbacks, key, policy, replaced);
    const answer = this.#open(key, resort, policy);
    flight.result = () => this.#joinRefresh(key, answer, policy);
    flights.add(key, flight);
    return this.#follow(answer, this.#replace(flight, { key, load, policy, resort, answer }));
  }

  /** Looks in the tiers below memory, whatever is under way. */
  async search(key: string, { type, silent }: Search, flight?: Flight): Promise<Found> {
    const { log, reader, opening, bear, coherence, clock } = this.parts;
    const joining = opening();
    if (joining !== undefined) {
      await joining;
      // Nothing has been read yet, so nothing that came with the log is too late.
      flight?.restart(log.position, coherence.begin());
    }
    const { position } = log;
    const found = await reader.find(key, { type, position, silent });
    if (found.entry !== undefined) return found;
    const borne = bear(key, found.failed, silent);
    if (borne === undefined) return found;
    return isFresh(borne, clock.now())
      ? { ...found, entry: borne, stale: undefined }
      : { ...found, stale: fresher(borne, found.stale) };
  }

  /** A flight that is to look the key up; it leaves the table when it has, unless a load is to follow. */
  #begin(key: string, how: Search): Flight {
    const { log, flights, coherence } = this.parts;
    const flight = new Flight(log.position, coherence.begin(), () => {
      const found = this.search(key, how, flight);
      const end = (): void => {
        if (flight.result === undefined) flights.end(key, flight);
      };
      found.then(end, end);
      return found;
    });
    flights.add(key, flight);
    return flight;
  }

  /** What a flight finds, counted for one caller. */
  async #lookUp(key: string, flight: Flight, how: Search): Promise<Found> {
    const { counters, onMiss } = this.parts;
    const joined = flight.looking;
    // It fails by a mistake of whoever began it, such as a type that is missing; who has joined looks again.
    const found = await (joined
      ? flight.lookup().catch(() => this.search(key, how))
      : flight.lookup());
    if (how.silent === true) return found;
    if (found.entry === undefined) onMiss([key]);
    else if (joined) counters.coalesced++;
    return found;
  }

  #answer(
    key: string,
    load: Load,
    policy: KeepPolicy,
    held: Fallback | undefined,
    isDue?: LoadTask['isDue'],
  ): Promise<unknown> {
    const silent = isDue !== undefined;
    const flight =
      this.parts.flights.joinable(key) ?? this.#begin(key, { type: policy.type, silent });
    const resort = new KeyResort(this.parts.fallbacks, key, policy);
    const answer = this.#open(key, resort, policy);
    flight.result = () => this.#join(answer);
    resort.found(held);
    answer.reconsider();
    return this.#follow(
      answer,
      this.#findOrLoad(flight, { key, load, policy, resort, answer, isDue }),
    );
  }

  #open(key: string, resort: KeyResort, { softTimeout, hardTimeout }: KeepPolicy): Answer<unknown> {
    const { clock, onTimeout, onUnseen } = this.parts;
    const expired = (timeout: number): Error => onTimeout(key, timeout);
    return new Answer(resort, { clock, softTimeout, hardTimeout, expired, onUnseen });
  }

  #follow(answer: Answer<unknown>, work: Promise<unknown>): Promise<unknown> {
    this.parts.work.add(work, answer.abort);
    return answer.follow(work);
  }

  #join(answer: Answer<unknown>): Promise<unknown> {
    this.parts.loads.letIn(answer.abort);
    return answer.join();
  }

  /** Who has not asked for the refresh is content with an old value where it is slow or fails. */
  async #joinRefresh(
    key: string,
    answer: Answer<unknown>,
    { softTimeout, type }: KeepPolicy,
  ): Promise<unknown> {
    const { clock, fallbacks } = this.parts;
    const findOld = (): Promise<Entry | undefined> => fallbacks.afterRefresh(key, type);
    const serve = (old: Entry, reason: StaleReason): unknown => {
      fallbacks.served(key, old, reason);
      return old.value;
    };
    const refreshed = this.#join(answer);
    try {
      if (softTimeout === undefined) return await refreshed;
      const slow = { clock, softTimeout, findOld, serve: (old: Entry) => serve(old, 'slow') };
      return await oldWhenSlow(refreshed, slow);
    } catch (error) {
      const old = answer.hasFailed ? await findOld() : undefined;
      if (old === undefined) throw error;
      return serve(old, 'failed');
    }
  }

  async #findOrLoad(flight: Flight, task: LoadTask): Promise<unknown> {
    const { log, flights, coherence, fallbacks, counters } = this.parts;
    const { key, policy, resort, answer, isDue } = task;
    try {
      const how = { type: policy.type, silent: isDue !== undefined };
      const found = await this.#lookUp(key, flight, how);
      const { position } = flight;
      const entry = log.isCurrent(key, position) ? found.entry : undefined;
      if (entry !== undefined && isDue?.(entry) !== true) return entry.value;
      const old = entry ?? found.stale;
      if (old !== undefined) resort.found({ entry: old, position });
      answer.reconsider();
      const failure = fallbacks.recentFailure(key);
      if (failure !== undefined && isDue === undefined) {
        const throttled = resort.whenThrottled();
        if (throttled !== undefined) return throttled.value;
        if (fallbacks.repeats(failure, policy.errorTtl)) throw failure.error;
      }
      if (isDue !== undefined) counters.refreshedAhead++;
      const run = this.#runner(task, (start) =>
        flight.beginLoad(start.position, coherence.begin()),
      );
      const { failed } = found;
      const rejected = found.rejected ?? (entry instanceof FencedEntry ? entry.token : undefined);
      return await this.#inPlace(answer, (leave) =>
        this.#load(task, () => this.#dropOverwritten(task, run(leave)), { failed, rejected }),
      );
    } finally {
      flights.end(key, flight);
    }
  }

  async #load(
    { key, policy, answer }: LoadTask,
    run: () => Promise<EndedLoad>,
    found: Pick<Found, 'failed' | 'rejected'>,
  ): Promise<unknown> {
    const { fence, loads } = this.parts;
    if (fence !== undefined) return fence.loads.run(key, run, policy, found, answer);
    const { loaded, start } = await run();
    await loads.keep(new Map([[key, loaded]]), policy, { start, failed: found.failed });
    return loaded.value;
  }

  /** Where the new value is not kept, the old one is not to be fallen back on any more. */
  async #dropOverwritten(
    { key, policy, resort }: LoadTask,
    running: Promise<EndedLoad>,
  ): Promise<EndedLoad> {
    const ended = await running;
    const { value, ttl } = ended.loaded;
    if (resort.previous !== undefined && keptTtl(value, policy, ttl) === undefined) {
      await this.remover.remove([key]);
    }
    return ended;
  }

  async #replace(flight: Flight, task: LoadTask): Promise<unknown> {
    const { fence, flights, opening, coherence } = this.parts;
    const { key, policy, answer } = task;
    try {
      const joining = opening();
      if (joining !== undefined) await joining;
      if (fence === undefined) {
        const run = this.#runner(task, () => undefined);
        return await this.#inPlace(answer, (leave) =>
          this.#replaceUnfenced(key, flight, () => run(leave), policy),
        );
      }
      const run = this.#runner(task, (start) =>
        flight.lookAgain(start.position, coherence.begin()),
      );
      return await this.#inPlace(answer, (leave) =>
        fence.loads.replace(key, () => run(leave), policy, answer),
      );
    } finally {
      flights.end(key, flight);
    }
  }

  async #replaceUnfenced(
    key: string,
    flight: Flight,
    run: () => Promise<EndedLoad>,
    policy: KeepPolicy,
  ): Promise<unknown> {
    const { log, loads, holds } = this.parts;
    const { loaded, start: begun } = await run();
    // What has been set or removed meanwhile stands.
    if (loads.ended || log.isNamedSince(key, flight.position)) return loaded.value;
    const isKept =
      keptTtl(loaded.value, policy, loaded.ttl) !== undefined &&
      log.isCurrent(key, flight.position) &&
      !holds.has(key);
    if (!isKept) {
      await this.remover.remove([key]);
    } else {
      // What the tiers have answered meanwhile is what the value replaces: it is not to be promoted.
      log.record([key]);
      flight.position = log.position;
      const start = { ...begun, position: log.position };
      await loads.keep(new Map([[key, loaded]]), policy, { start, replaces: true });
      // Others may hold the value that stood there; it was not void, so a failure is no failure of this call.
      await this.remover.tell([key], false);
    }
    return loaded.value;
  }

  /** Does the work of a load when there is a place for it; the time that the load is waited for begins. */
  async #inPlace<T>(answer: Answer<unknown>, act: (leave: () => void) => Promise<T>): Promise<T> {
    answer.waits();
    return this.parts.loads.inPlace(answer.abort, act);
  }

  /** What runs the loader, notes when it begins, and leaves its place when it has ended. */
  #runner(
    { load, answer, resort }: LoadTask,
    onBegin: (start: LoadStart) => void,
  ): (leave: () => void) => Promise<EndedLoad> {
    const { loads, own, coherence } = this.parts;
    const { abort } = answer;
    return async (leave) => {
      const start = loads.start();
      onBegin(start);
      resort.begins(start, coherence.begin());
      const given = { abort, previous: resort.previous };
      const { answer: brought, duration } = await loads.run(
        1,
        () => load(given),
        () => answer.fails(),
      );
      leave();
      const { ttl, staleFor, tags, validators, isUnchanged } = brought;
      const value = isUnchanged ? brought.value : own(brought.value);
      answer.brings(value);
      const loaded = { value, ttl, staleFor, tags, validators, isUnchanged, duration };
      return { loaded, start };
    };
  }
}
