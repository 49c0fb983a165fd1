import { featureCosts } from './feature-costs.mjs';
import { growthEntries } from './growth-entries.mjs';
import { growthInstances } from './growth-instances.mjs';
import { httpRoute } from './http-route.mjs';
import { invalidationLag } from './invalidation-lag.mjs';
import { computeMany, getMany } from './get-many.mjs';
import { l1Hit } from './l1-hit.mjs';
import { l1Miss } from './l1-miss.mjs';
import { l1MethodObject, l1MethodString } from './l1-method.mjs';
import { l2Hit } from './l2-hit.mjs';
import { missFill } from './miss-fill.mjs';
import { mixed } from './mixed.mjs';
import { memoryPerEntry } from './memory-per-entry.mjs';
import { stampede } from './stampede.mjs';

/**
 * What is measured. A scenario has a `name`, a `title`, the name of its `floor` (the contestant that the others
 * are compared with), maybe `needsRedis`, `rounds` and `roundTime` (milliseconds; how much it is measured where
 * the command line does not say), `warmUp` (how long each contestant works beforehand, milliseconds; 1000),
 * `notes` (sentences for whoever reads its figures), and one of these two:
 *
 * 1. `contestants`, for throughput, measured by `harness/compare.mjs`: by name, a function that prepares one,
 *    given `{ redisUrl, prefix }` (`prefix` is for the keys of this contestant alone), and answers
 *    - `call(index)`: one operation, which answers object `index`,
 *    - maybe `figures()`: further figures of the round that has just ended, by the key of a measure,
 *    - maybe `end()`.
 *    The scenario says how many calls are under way at once (`concurrency`), after how many it looks at the
 *    clock (`callsPerLook`), maybe which `indices()` are asked for (a function that answers the function which
 *    answers the next one; zipf over `KEYS` if there is none), maybe its `check(answer, index)` (it throws; if
 *    there is none, `answer.id` has to be `index`), maybe `countsCommands` (what reaches Redis is counted), maybe
 *    further `measures`, which `figures()` answers or `derive(figures)` makes of other figures of the round.
 *    Packages are imported by who uses them, so that a process has one contestant's alone.
 * 2. `measure({ rounds, roundTime, redisUrl, only })`, for all else. `only(name)` says whether the command line
 *    asks for the contestant of this name; the floor is always asked for. It answers a result without `name`,
 *    `title` and `floor`.
 *
 * Both come to a result, which `harness/report.mjs` prints and stores, and `harness/chart.mjs` draws:
 *
 *     {
 *       name, title, floor,
 *       measures: [{ key, title, unit, better: 'higher' | 'lower', spread?: true }],
 *       contestants: [{ name, figures: { [key]: { median, min, max } } }],
 *       notes?: string[],
 *     }
 *
 * The names of this library's contestants begin with `nestjs-cache-tier`: charts show them in another colour.
 * The ratio to the floor in the same round is one of the measures, with the key `ratio`. A measure with `spread`
 * is printed with its lowest and highest figure. A contestant lacks the figures that it does not have.
 * `RATIO`, `figureOf(values)` and `ratiosOf(values, floorValues)` in `harness/figures.mjs` help with that.
 */
export const scenarios = [
  l1Hit,
  l1MethodString,
  l1MethodObject,
  l1Miss,
  ...['1k', '64k'].flatMap((size) => [1, 64, 512].map((concurrency) => l2Hit(size, concurrency))),
  missFill,
  getMany,
  computeMany,
  mixed,
  stampede,
  invalidationLag,
  memoryPerEntry,
  httpRoute('express'),
  httpRoute('fastify'),
  featureCosts,
  growthEntries,
  growthInstances,
];
