import type { Clock, Timer } from '../../contract/clock.js';

/** How long what is awaited is preferred to what there was before. */
export interface OldWhenSlow<T> {
  readonly clock: Clock;
  /** In milliseconds; 0 for not at all. */
  readonly softTimeout: number;
  /** Looks for what there was before; never rejects. */
  readonly findOld: () => Promise<T | undefined>;
  /** What is answered of it. */
  readonly serve: (old: T) => unknown;
}

/** What is awaited, or what there was before, where that is found and the other has not come in time. */
export function oldWhenSlow<T>(
  awaited: Promise<unknown>,
  { clock, softTimeout, findOld, serve }: OldWhenSlow<T>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    let hasCome = false;
    const giveOld = async (): Promise<void> => {
      const old = await findOld();
      if (old !== undefined && !hasCome) resolve(serve(old));
    };
    const end = (): void => {
      hasCome = true;
      timer?.cancel();
    };
    if (softTimeout === 0) void giveOld();
    else timer = clock.setTimer(softTimeout, () => void giveOld());
    awaited.then(end, end);
    awaited.then(resolve, reject);
  });
}
