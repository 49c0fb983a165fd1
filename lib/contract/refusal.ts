import { quote } from './quote.js';
import { isIdentifier } from './value-kind.js';

/** How many containers may lie within one another. Deeper ones are refused: most of them are cycles. */
export const MAX_DEPTH = 1000;

/** A path longer than this is cut in messages. */
const SHOWN_PATH = 200;

interface Step {
  readonly holder: object;
  readonly label: string;
}

/**
 * Why a part of a value cannot be stored, copied or compared, and where it is. It is thrown at the part, is
 * given its path while it passes the containers around it (`Refusal.at`), and is turned into a typed error
 * at the root: it never reaches a caller, and the path costs nothing where nothing is refused.
 */
export class Refusal extends Error {
  /** The innermost container first. */
  readonly #steps: Step[] = [];

  constructor(
    readonly problem: string,
    details?: { readonly cause: unknown },
  ) {
    super(problem, details);
  }

  static tooDeep(): Refusal {
    return new TooDeep(`is nested deeper than ${MAX_DEPTH} levels`);
  }

  /** Whatever was thrown, as a refusal: an accessor or a proxy may throw anything. */
  static from(error: unknown): Refusal {
    return error instanceof Refusal ? error : new Refusal('cannot be read', { cause: error });
  }

  /** `error` as it passes `holder`, out of the property or item that `label` names. */
  static at(error: unknown, holder: object, label: string): Refusal {
    const refusal = Refusal.from(error);
    refusal.#steps.push({ holder, label });
    return refusal;
  }

  /** What the typed error keeps beside its message: the cause, if something else was thrown. */
  get details(): { readonly cause?: unknown } {
    return 'cause' in this ? { cause: this.cause } : {};
  }

  /** The whole sentence, with the path from `root`. */
  explain(root: string): string {
    return `${this.path(root)} ${this.problem}`;
  }

  protected path(root: string, length = this.#steps.length): string {
    const labels = this.#steps.slice(this.#steps.length - length).map(({ label }) => label);
    const path = labels.toReversed().join('');
    return root + (path.length > SHOWN_PATH ? `${path.slice(0, SHOWN_PATH)}…` : path);
  }

  /** Where the same container comes up for the second time, and where it came up first; lengths of paths. */
  protected findCycle(): { readonly again: number; readonly first: number } | undefined {
    const seen = new Map<object, number>();
    for (const [index, { holder }] of this.#steps.toReversed().entries()) {
      const first = seen.get(holder);
      if (first !== undefined) return { again: index, first };
      seen.set(holder, index);
    }
    return undefined;
  }
}

class TooDeep extends Refusal {
  override explain(root: string): string {
    const cycle = this.findCycle();
    if (cycle === undefined) return super.explain(root);
    return `${this.path(root, cycle.again)} is ${this.path(root, cycle.first)} again, a cycle`;
  }
}

/** A property in a path, `.name` or `["any name"]`, or an item, `[3]`. */
export function propertyLabel(key: string | number): string {
  return typeof key === 'string' && isIdentifier(key) ? `.${key}` : `[${quote(key)}]`;
}
