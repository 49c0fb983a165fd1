/** Milliseconds of the one monotonic clock that all processes of this machine share, to a microsecond. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
