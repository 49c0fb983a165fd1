import { l1Hit } from './l1-hit.mjs';
import { l1MethodObject, l1MethodString } from './l1-method.mjs';
import { l2Hit } from './l2-hit.mjs';

/**
 * What is measured. A scenario has a `name`, a `title`, the name of its `floor` (what the others are compared
 * with), how many calls are under way at once (`concurrency`), after how many it looks at the clock, and its
 * `contestants`: by name, what prepares one and answers `call(index)`, which answers object `index`, and
 * maybe `end()`. Packages are imported by who uses them, so that a process has one contestant's alone.
 */
export const scenarios = [l1Hit, l1MethodString, l1MethodObject, l2Hit(1), l2Hit(64)];
