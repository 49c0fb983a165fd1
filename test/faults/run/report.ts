import type { LaneFigures } from './figures.js';
import type { JudgedOutcome, PhaseName } from './outcome.js';

const PHASES: readonly PhaseName[] = ['calm', 'fault', 'recovery'];

/** What a scenario has shown, as text. */
export function describeOutcome(outcome: JudgedOutcome): string {
  const { scenario, phases, problems, notes, health, app } = outcome;
  const lines = PHASES.flatMap((name) => {
    const phase = phases[name];
    if (phase === undefined) return [];
    const { all, lanes, origin } = phase;
    const loads = Object.entries(origin.loads).map(([kind, count]) => `${kind} ${count}`);
    return [
      `  ${name.padEnd(9)} ${whole(all.perSecond)}/s  hits ${times(lanes.hot)}  misses ${times(lanes.miss)}  mixed ${times(lanes.mix)}  writes ${times(lanes.write)}  errors ${phase.errors}  loads ${loads.join(', ')} (at most ${origin.most} at a time, ${origin.mostOfOneKey} of a key)`,
    ];
  });
  const noted = Object.entries(notes).map(([name, value]) => `${name} ${value}`);
  const redis = app?.cache.tiers[1];
  return [
    `${scenario.name}: ${scenario.title}`,
    ...lines,
    `  both tiers served after ${optional(outcome.servedAfter)} ms, hits took ${outcome.hotRatio?.toFixed(2) ?? '-'} times as long, heap ${heapOf(outcome)} MB, health ${JSON.stringify(health.states)}`,
    ...(redis
      ? [
          `  Redis tier: ${redis.hits} hits, ${redis.errors} errors, ${redis.refused} refused, breaker opened ${redis.breaker?.opened} times, ${redis.undecodable} undecodable; ${app.logged} lines logged`,
        ]
      : []),
    ...(noted.length > 0 ? [`  ${noted.join(', ')}`] : []),
    ...problems.map(({ expected, found }) => `  NOT MET: ${expected}: ${found}`),
  ].join('\n');
}

/** All scenarios, as Markdown. */
export function tableOf(outcomes: readonly JudgedOutcome[]): string {
  const head = [
    'Scenario',
    'Requests/s',
    'Hits p50, ms',
    'Hits p99, ms',
    'Hits max, ms',
    'p99 ratio',
    'Misses max, ms',
    'Errors',
    'Loads/s',
    'Heap, MB',
    'Serves after, ms',
    'Verdict',
  ];
  const rows = outcomes.map((outcome) => [
    outcome.scenario.name,
    each(outcome, ({ all }) => whole(all.perSecond)),
    each(outcome, ({ lanes }) => short(lanes.hot.p50)),
    each(outcome, ({ lanes }) => short(lanes.hot.p99)),
    each(outcome, ({ lanes }) => whole(lanes.hot.max)),
    outcome.hotRatio?.toFixed(2) ?? '',
    each(outcome, ({ lanes }) => (lanes.miss.answers === 0 ? '-' : whole(lanes.miss.max))),
    Object.entries(outcome.errors)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ') || '0',
    each(outcome, ({ origin, seconds }) =>
      whole(Object.values(origin.loads).reduce((sum, count) => sum + count, 0) / seconds),
    ),
    heapOf(outcome),
    optional(outcome.servedAfter),
    outcome.problems.length === 0
      ? 'met'
      : `**${outcome.problems.map(({ expected }) => expected).join('; ')}**`,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The three phases, one after the other. */
function each(
  { phases }: JudgedOutcome,
  figure: (phase: Exclude<JudgedOutcome['phases'][PhaseName], undefined>) => string,
): string {
  return PHASES.flatMap((name) => phases[name] ?? [])
    .map(figure)
    .join(' / ');
}

function heapOf({ heap }: JudgedOutcome): string {
  if (heap === undefined) return '';
  return [heap.before, heap.after]
    .map(({ heapUsed }) => (heapUsed / 2 ** 20).toFixed(1))
    .join(' / ');
}

function times({ p50, p99, max }: LaneFigures): string {
  return `${short(p50)}/${short(p99)}/${whole(max)}`;
}

function short(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : whole(ms);
}

function whole(value: number): string {
  return value.toFixed(0);
}

function optional(ms: number | undefined): string {
  return ms === undefined ? '' : whole(ms);
}
