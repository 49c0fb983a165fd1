import type { WarmUpProgress } from '../../core/warm-up/warm-up-tally.js';

/** `stopped` is for one that the end of the application has cut short. */
export type WarmUpState = 'running' | 'ended' | 'failed' | 'stopped';

/** What health tells of the warm-up of the module. @publicApi */
export interface CacheWarmUpDetail extends Omit<WarmUpProgress, 'firstFailure'> {
  readonly status: WarmUpState;
  /** What there is to say of it, in words. */
  readonly reason?: string;
}

/** How a warm-up of the module is. */
export interface WarmUpHealth {
  /** Whether the application is not ready before it has ended. */
  readonly isAwaited: boolean;
  readonly detail: CacheWarmUpDetail;
}

/** Times in milliseconds. */
interface WarmUpTimes {
  readonly elapsed: number;
  readonly timeout: number;
}

/** The keys and errors are left out: health is told to whoever asks. */
export function warmUpHealth(
  status: WarmUpState,
  { done, present, loaded, failed }: WarmUpProgress,
  times: WarmUpTimes,
): WarmUpHealth {
  const isAwaited = status === 'running' && times.elapsed < times.timeout;
  const reasons = [
    ...reasonOf(status, isAwaited, times),
    ...(failed === 0 ? [] : [`${failed} of ${done} keys could not be loaded`]),
  ];
  const reason = reasons.length === 0 ? {} : { reason: reasons.join('; ') };
  return { isAwaited, detail: { status, done, present, loaded, failed, ...reason } };
}

function reasonOf(status: WarmUpState, isAwaited: boolean, { timeout }: WarmUpTimes): string[] {
  switch (status) {
    case 'running':
      return isAwaited
        ? ['warming up']
        : [`still warming up after ${timeout} ms, and not waited for any more`];
    case 'ended':
      return [];
    case 'failed':
      return ['the warm-up failed, as the log tells'];
    case 'stopped':
      return ['the application has ended before the warm-up'];
  }
}
