import type { ComputeOptions, Loader } from '../../core/call-options.js';
import type { LoadContext } from '../../core/loading/load-context.js';
import { answeringTier } from './answering-tier.js';
import { isOfCache } from './cache-failure.js';
import type { Forwarded } from './cache-status.js';
import { hasFailed, type HandlerOutcome } from './handler-run.js';
import type { HttpCacheMethod } from './http-cache.options.js';
import type { HttpPlan } from './http-plan.js';
import type { Found, RouteAnswer } from './route-answer.js';
import { failureOf, noteFailure } from './run-failures.js';
import { endRefusal, isRefusal, keepRefusal, refusalOf } from './refusals.js';
import type { RunEnd } from './shared-runs.js';
import {
  responseOf,
  valueOf,
  type StoredRefusal,
  type StoredValue,
  type StoredVariants,
} from './stored-response.js';
import { isOfOneRun, keepAs, listTtl, variantList, variantLoader } from './variant-lists.js';
import { joinNames, variantOf, type RequestHeaders } from './variants.js';

/** What a request gives for a look-up. */
export interface RouteRequest {
  readonly plan: HttpPlan;
  readonly headers: RequestHeaders;
  /** The key of an answer that varies by these headers. */
  readonly keyOf: (method: HttpCacheMethod, names: readonly string[]) => string;
  /** What loads are given beside the tags. */
  readonly compute: ComputeOptions;
  readonly tags: () => readonly string[] | undefined;
  /** The tag of the path, where something may change what is there. It is beside those that are the user's to choose. */
  readonly pathTag: () => string | undefined;
  /** Runs the handler for this request. */
  readonly run: () => Promise<HandlerOutcome>;
}

/** Where and why the cache is asked. */
interface Question {
  readonly key: string;
  readonly names: readonly string[];
  /** Whether a list of variants may stand under the key. */
  readonly isIndex: boolean;
  /** Whether the handler is to be run, whatever there is. */
  readonly reload: boolean;
  readonly missed: Forwarded;
}

interface Asked extends Omit<RouteAnswer, 'value'> {
  readonly value: StoredValue | undefined;
}

/**
 * Looks for the answer to one request, in two steps where it has variants: under the URL's own key stands a list of the
 * headers that they vary by, and each variant has a key of its own.
 */
export class RouteLookup {
  constructor(private readonly request: RouteRequest) {}

  /** What the cache has now that is fresh. */
  async find(method: HttpCacheMethod): Promise<Found> {
    const { vary } = this.request.plan;
    const first = await this.#get(this.request.keyOf(method, vary));
    if (first.value?.kind !== 'variants') {
      return { ...first, value: responseOf(first.value), names: vary };
    }
    const names = joinNames(vary, first.value.names);
    const second = await this.#get(this.request.keyOf(method, names));
    return { ...second, value: responseOf(second.value), names };
  }

  /**
   * What the cache has below memory, or else what the handler answers: one run for all who ask meanwhile.
   *
   * @param held what memory had that is no answer yet
   */
  load(method: HttpCacheMethod, held?: StoredVariants | StoredRefusal): Promise<RouteAnswer> {
    const { vary } = this.request.plan;
    return this.#askBoth(method, vary, { reload: false, missed: 'uri-miss' }, held);
  }

  /** What the handler answers now; it replaces what was found. */
  reload(method: HttpCacheMethod, found: Found): Promise<RouteAnswer> {
    const missed = found.value === undefined ? 'uri-miss' : 'request';
    return this.#askBoth(method, found.names, { reload: true, missed });
  }

  async #askBoth(
    method: HttpCacheMethod,
    names: readonly string[],
    how: Pick<Question, 'reload' | 'missed'>,
    held?: StoredVariants | StoredRefusal,
  ): Promise<RouteAnswer> {
    const { keyOf, plan } = this.request;
    const isIndex = names === plan.vary;
    const key = keyOf(method, names);
    const asked =
      held === undefined
        ? await this.#ask({ ...how, key, names, isIndex })
        : heldAnswer(key, held, plan);
    const { value } = asked;
    if (value?.kind !== 'variants') {
      await this.#noteVariants(method, isIndex, names, asked.own);
      return this.#answerOf(asked);
    }
    const all = joinNames(names, value.names);
    const stored = asked.own?.stored;
    if (stored !== undefined) {
      const variantKey = keyOf(method, all);
      const keep = variantLoader(plan.cache, key, value, stored);
      const loader: Loader<unknown> = (context) => {
        this.#addPathTag(context);
        return keep(context);
      };
      const kept = plan.cache.getOrCompute(variantKey, loader, this.#computeOptions());
      // What cannot be kept is made anew for whoever asks next.
      await kept.catch(() => undefined);
      return { ...asked, key: variantKey, value: stored };
    }
    if (asked.own !== undefined || asked.shared !== undefined) {
      return { ...asked, value: asked.shared?.stored };
    }
    return this.#askVariant(method, all);
  }

  async #askVariant(method: HttpCacheMethod, names: readonly string[]): Promise<RouteAnswer> {
    const { keyOf, plan } = this.request;
    const key = keyOf(method, names);
    const held = await this.#held(key);
    if (held !== undefined) return this.#answerOf(heldAnswer(key, held, plan));
    const question = { key, names, isIndex: false, reload: false, missed: 'vary-miss' } as const;
    const asked = await this.#ask(question);
    await this.#noteVariants(method, false, names, asked.own);
    return this.#answerOf(asked);
  }

  /** Where an answer was not to be kept not long ago, this request runs its own handler at once. */
  async #answerOf(asked: Asked): Promise<RouteAnswer> {
    const answer = { ...asked, value: responseOf(asked.value) };
    if (asked.own !== undefined || !isRefusal(asked.value)) return answer;
    const own = await this.request.run();
    if (own.stored !== undefined) await endRefusal(this.request.plan.cache, asked.key);
    return { ...answer, own };
  }

  #addPathTag(context: LoadContext): void {
    const tag = this.request.pathTag();
    if (tag !== undefined) context.addTags(tag);
  }

  /** What memory has. */
  async #held(key: string): Promise<StoredValue | undefined> {
    const held = this.request.plan.cache.hit<unknown>(key);
    return held === undefined ? undefined : valueOf(await held);
  }

  async #ask(question: Question): Promise<Asked> {
    const { plan, headers } = this.request;
    const { cache } = plan;
    const { key, reload, missed } = question;
    const known = { key, isKept: false, failure: undefined };
    const tier = answeringTier(plan, key);
    const options = this.#computeOptions();
    return plan.runs.share(key, async (run) => {
      const before = run.end;
      let own: HandlerOutcome | undefined;
      let isKept = false;
      let forwarded = missed;
      const loader: Loader<unknown> = async (context) => {
        if (isRefusal(context.previous?.value) && !reload) {
          // It is loaded ahead of its time: who finds out whether an answer is to be kept now is who asks for one.
          keepRefusal(plan.rules.ttl, context);
          return context.notModified();
        }
        if (context.previous !== undefined && !reload) forwarded = 'stale';
        this.#addPathTag(context);
        const tell = run.begin();
        const outcome = await this.request.run();
        own = outcome;
        tell({ outcome, kept: undefined, headers });
        if (outcome.stored === undefined && hasFailed(outcome)) {
          const error = errorIn(outcome);
          noteFailure(error, outcome, headers);
          throw error;
        }
        const value = this.#valueFor(outcome, question, context);
        tell({ outcome, kept: value, headers });
        isKept = value !== undefined && value.kind !== 'refusal';
        return value;
      };
      try {
        const value = valueOf(
          await (reload
            ? cache.refresh(key, loader, options)
            : cache.computeMissing(key, loader, options)),
        );
        const shared =
          own === undefined && run.end !== before ? this.#sharedOf(run.end, value) : undefined;
        return { ...known, value, own, shared, tier, isKept, forwarded };
      } catch (error) {
        const answer = { ...known, value: undefined, own, shared: undefined, tier, forwarded };
        const shared = own === undefined ? failureOf(error, headers) : undefined;
        // It may not be told to this client, who has a run of its own.
        if (shared === 'of another client') return answer;
        return { ...answer, shared, failure: { error } };
      }
    });
  }

  /** What is kept under a key of what the handler answered. */
  #valueFor(
    outcome: HandlerOutcome,
    { names, isIndex }: Question,
    context: LoadContext,
  ): StoredValue | undefined {
    const { stored, vary } = outcome;
    if (stored === undefined) return refusalOf(outcome, this.request.plan.rules.ttl, context);
    if (vary.every((name) => names.includes(name))) {
      keepAs(stored, context);
      return stored;
    }
    if (!isIndex) return undefined;
    context.setTtl(listTtl(stored));
    context.setStaleFor(0);
    return variantList(vary);
  }

  /** An answer may vary by more than those before it: the list is made longer, and the next one is kept by it. */
  async #noteVariants(
    method: HttpCacheMethod,
    isIndex: boolean,
    names: readonly string[],
    own: HandlerOutcome | undefined,
  ): Promise<void> {
    if (isIndex || own?.stored === undefined) return;
    if (own.vary.every((name) => names.includes(name))) return;
    const { plan, keyOf } = this.request;
    const list = variantList(joinNames(names, own.vary));
    const options = { ttl: listTtl(own.stored), tags: this.request.tags() };
    await plan.cache.set(keyOf(method, plan.vary), list, options).catch(() => undefined);
  }

  /**
   * What another request was answered that has run the handler since this one asked, where the same is right for this
   * one: its headers are the same as far as the answer varies, and what the cache has answered is of that run.
   */
  #sharedOf(end: RunEnd | undefined, value: StoredValue | undefined): HandlerOutcome | undefined {
    if (end === undefined || !isOfOneRun(end.kept, value)) return undefined;
    const { outcome, headers } = end;
    const names = outcome.vary;
    return variantOf(names, headers) === variantOf(names, this.request.headers)
      ? outcome
      : undefined;
  }

  async #get(key: string): Promise<{ value: StoredValue | undefined; tier: string | undefined }> {
    const { plan } = this.request;
    const tier = answeringTier(plan, key);
    try {
      return { value: valueOf(await plan.cache.get(key)), tier };
    } catch (error) {
      if (!isOfCache(error)) throw error;
      return { value: undefined, tier };
    }
  }

  #computeOptions(): ComputeOptions {
    const tags = this.request.tags();
    const { compute } = this.request;
    return tags === undefined ? compute : { ...compute, tags };
  }
}

function heldAnswer(key: string, value: StoredValue, plan: HttpPlan): Asked {
  return {
    value,
    own: undefined,
    shared: undefined,
    isKept: false,
    key,
    tier: plan.tiers[0],
    forwarded: 'uri-miss',
    failure: undefined,
  };
}

function errorIn({ result }: HandlerOutcome): unknown {
  return 'error' in result ? result.error : undefined;
}
