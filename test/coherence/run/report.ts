import type { History } from '../history/history.js';
import type { Violation } from '../history/promise.js';
import { checkedKeys } from '../checked-key.js';
import { FAULT_KINDS } from './faults.js';
import type { Outcome } from './run-check.js';

const SHOWN = 3;
/** How much of the history is shown before a violation, in milliseconds. */
const AROUND = 4000;
const LINES = 40;

/** What a run has found, as text. */
export function describeOutcome(outcome: Outcome): string {
  const { options, verdict, history, faults, counts, failures } = outcome;
  const { violations, worst, reads } = verdict;
  const ended = (name: string): number =>
    history.calls.filter((call) => call.outcome === name).length;
  const injected = FAULT_KINDS.flatMap((kind) => {
    const count = faults.get(kind);
    return count === undefined ? [] : [`${kind} ${count}`];
  });
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const rules = Object.entries(
    countBy(violations.map(({ rule, read }) => `${rule} on ${read.instance}`)),
  );
  return [
    `seed            ${options.seed} (${options.instances} instances, ${options.keys} keys, ${options.seconds} s, ${options.whenUnverified})`,
    `reads           ${reads}, ${counts.memoryHits ?? 0} of them from memory; ${counts.loads ?? 0} loads; ${counts.failedReads ?? 0} reads failed with their loader`,
    `commits         ${history.commits.length}`,
    `invalidations   ${ended('resolved')} resolved, ${ended('pending')} pending at first, ${ended('failed')} failed, ${ended('lost')} lost with their process`,
    `faults          ${total}: ${injected.join(', ')}`,
    ...describeProof(counts),
    `worst staleness ${worst.toFixed(0)} ms (promised: ${describePromise(options)})`,
    `violations      ${violations.length}${rules.map(([rule, count]) => `, ${rule} ${count}`).join('')}`,
    ...failures.map((failure) => `FAILURE         ${failure}`),
    ...violations.slice(0, SHOWN).map((violation) => describeViolation(violation, history)),
  ].join('\n');
}

function describePromise({ staleness, whenUnverified, maxUnverified }: Outcome['options']): string {
  if (whenUnverified === 'bypass') return `${staleness}`;
  return `${staleness}, and ${staleness + maxUnverified} where a fault keeps an instance from Redis`;
}

/** What only the library's cache counts. */
function describeProof(counts: Outcome['counts']): string[] {
  const { proved, asked, gaps, resyncs, resets, fenced, fillsRejected } = counts;
  const { staleServed, refreshedAhead } = counts;
  if (proved === undefined || asked === undefined) return [];
  const share = ((100 * proved) / asked).toFixed(0);
  return [
    `proof           ${share} % of the time; ${gaps} gaps, ${resyncs} times caught up, ${resets} times begun anew`,
    `not kept        ${fenced} values that were overtaken, ${fillsRejected} of them told by the fence`,
    `kept stale      ${staleServed} answers whose ttl had ended, ${refreshedAhead} loads ahead of the end`,
  ];
}

function describeViolation(violation: Violation, history: History): string {
  const { rule, read, call, required, staleness } = violation;
  const key = checkedKeys(read.key + 1).at(-1);
  const title = `${rule}: ${read.how} of ${key?.namespace}:${key?.name} (${key?.tag}) on ${read.instance} answered ${read.version}, and ${required} was due since ${call?.kind} ${call?.id}; void for ${staleness.toFixed(0)} ms`;
  const from = Math.min(read.start - AROUND, call?.start ?? Infinity);
  const events: { readonly at: number; readonly text: string }[] = [];
  const isNear = (at: number): boolean => at >= from && at <= read.end;
  for (const commit of history.commits) {
    if (commit.key === read.key && isNear(commit.at)) {
      events.push({ at: commit.at, text: `version ${commit.version} committed` });
    }
  }
  for (const { keys, start, end, kind, id, instance, outcome, version, error } of history.calls) {
    if (!keys.includes(read.key) || !(isNear(start) || isNear(end))) continue;
    const name = `${kind} ${id}${version === undefined ? '' : ` of ${version}`} on ${instance}`;
    events.push({ at: start, text: `${name} begins` });
    events.push({ at: end, text: `${name}: ${outcome}${error === undefined ? '' : `, ${error}`}` });
  }
  for (const { at, kind, target } of history.faults) {
    if (isNear(at)) events.push({ at, text: `FAULT ${kind}: ${target}` });
  }
  const versions = new Map<string, number>();
  for (const other of history.reads) {
    if (other.key !== read.key || !isNear(other.start)) continue;
    // Of many reads in a row that answered the same, the first tells enough.
    if (versions.get(other.instance) === other.version && other !== read) continue;
    versions.set(other.instance, other.version);
    const took = (other.end - other.start).toFixed(1);
    const text = `${other.instance} reads ${other.version} by ${other.how}, which takes ${took} ms`;
    events.push({ at: other.start, text: other === read ? `${text}   <-- violation` : text });
  }
  const lines = events
    .toSorted((a, b) => a.at - b.at)
    .slice(-LINES)
    .map(({ at, text }) => `    ${(at - read.start).toFixed(1).padStart(9)} ms  ${text}`);
  return [`  ${title}`, ...lines].join('\n');
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
