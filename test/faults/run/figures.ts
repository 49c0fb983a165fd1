import type { LaneName, LaneRecord, LoadError, LoadRecord } from '../load/load-orders.js';

/** A stretch of a run, on the clock of the machine. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How requests were answered; times in milliseconds. */
export interface LaneFigures {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface SpanFigures {
  readonly seconds: number;
  readonly all: LaneFigures;
  readonly lanes: Readonly<Record<LaneName, LaneFigures>>;
  /** The median of the p99 of slices of this span, of memory hits: a moment in which the machine was busy is none of it. */
  readonly hotP99: number;
  /** Requests that were answered wrongly or not at all. */
  readonly errors: number;
}

/** How long a slice is. */
const SLICE = 250;
/** A slice with fewer answers has no p99 worth the name. */
const FEWEST = 50;

export function figuresOf(record: LoadRecord, span: Span): SpanFigures {
  const { hot, mix, miss, write } = record.lanes;
  const all = [hot, mix, miss, write].flatMap((lane) => [...within(lane, span)]);
  return {
    seconds: (span.to - span.from) / 1000,
    all: summarize(all, span),
    lanes: {
      hot: summarize(within(hot, span), span),
      mix: summarize(within(mix, span), span),
      miss: summarize(within(miss, span), span),
      write: summarize(within(write, span), span),
    },
    hotP99: sliceP99(hot, span),
    errors: errorsWithin(record, span).length,
  };
}

export function errorsWithin({ errors }: LoadRecord, span: Span): readonly LoadError[] {
  return errors.filter(({ at }) => at >= span.from && at < span.to);
}

/** The value below which this share of the values lies; 0 where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function summarize(took: readonly number[], { from, to }: Span): LaneFigures {
  return {
    answers: took.length,
    perSecond: took.length / Math.max(0.001, (to - from) / 1000),
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    max: quantile(took, 1),
  };
}

function sliceP99(lane: LaneRecord, { from, to }: Span): number {
  const slices: number[] = [];
  for (let start = from; start < to; start += SLICE) {
    const took = within(lane, { from: start, to: Math.min(to, start + SLICE) });
    if (took.length >= FEWEST) slices.push(quantile(took, 0.99));
  }
  return quantile(slices, 0.5);
}

/** Those that were answered in a span: what a fault has held up belongs to it, though it was asked before. */
function within({ at, took }: LaneRecord, { from, to }: Span): number[] {
  const found: number[] = [];
  for (let index = 0; index < at.length; index++) {
    const answered = at[index] ?? 0;
    if (answered >= from && answered < to) found.push(took[index] ?? 0);
  }
  return found;
}
