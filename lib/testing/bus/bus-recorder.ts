import { isDeepStrictEqual } from 'node:util';
import type { Stamp } from '../../contract/entry.js';
import type {
  Invalidation,
  InvalidationBus,
  InvalidationListener,
} from '../../contract/invalidation-bus.js';
import { quote } from '../../contract/quote.js';
import { check } from '../conformance-case.js';
import type { BusTools } from './bus-world.js';

/** Notes all that a bus tells, in order. */
export class BusRecorder implements InvalidationListener {
  readonly invalidations: Invalidation[] = [];
  readonly resets: Stamp[] = [];
  readonly verifications: boolean[] = [];
  readonly endedLeases: string[] = [];
  /** How many invalidations and resets had been told when the proof was regained last. */
  toldAtProof = 0;

  constructor(readonly bus: InvalidationBus) {
    bus.subscribe(this);
  }

  /** The positions of what was heard of, in the order in which it was. */
  get positions(): number[] {
    return this.invalidations.map(({ stamp }) => stamp.position);
  }

  get told(): number {
    return this.invalidations.length + this.resets.length;
  }

  onInvalidation(invalidation: Invalidation): void {
    this.invalidations.push(invalidation);
  }

  onReset(stamp: Stamp): void {
    this.resets.push(stamp);
  }

  onVerification(isVerified: boolean): void {
    this.verifications.push(isVerified);
    if (isVerified) this.toldAtProof = this.told;
  }

  onLeaseEnded(key: string): void {
    this.endedLeases.push(key);
  }
}

/** An instance that is connected and has proof that it is up to date. */
export async function join(tools: BusTools, origin: string): Promise<BusRecorder> {
  const recorder = new BusRecorder(await tools.endpoint(origin));
  await recorder.bus.connect();
  await verified(tools, recorder);
  return recorder;
}

export async function verified(tools: BusTools, { bus }: BusRecorder): Promise<void> {
  await tools.eventually('the bus is verified', () => bus.verifiedAt > -Infinity);
}

/** Waits until the instance has heard of `count` invalidations. */
export async function heard(
  { eventually }: BusTools,
  { bus, invalidations }: BusRecorder,
  count: number,
): Promise<void> {
  await eventually(
    `${count} invalidations are heard of (the bus stands at ${bus.stamp.position})`,
    () => invalidations.length >= count,
  );
}

export function checkEqual(what: string, actual: unknown, expected: unknown): void {
  check(
    isDeepStrictEqual(actual, expected),
    `${what}: ${shown(actual)}, where ${shown(expected)} was expected`,
  );
}

function shown(value: unknown): string {
  return quote(JSON.stringify(value) ?? 'undefined');
}

/** Each position once, without gaps. */
export function checkDense(what: string, positions: readonly number[]): void {
  const [first = 0] = positions;
  const expected = positions.map((_, index) => first + index);
  checkEqual(`${what}, one after the other`, positions, expected);
}
