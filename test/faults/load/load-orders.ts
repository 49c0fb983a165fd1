/** How many connections ask for what, each for the next thing as soon as it has been answered. */
export type Lanes = Readonly<Record<LaneName, number>>;

/** The routes of the app. */
export type LaneName = 'hot' | 'mix' | 'miss' | 'write';

export interface LoadSettings {
  readonly url: string;
  readonly lanes: Lanes;
  readonly hotKeys: number;
  readonly mixKeys: number;
  /** A request that is not answered within so many seconds has failed. */
  readonly timeout: number;
}

/** What the load can be told to do. */
export interface LoadOrders {
  begin(settings: LoadSettings): void;
  /** How many answers there have been on each lane. */
  answers(): Lanes;
  /** Lets what is under way be answered, and makes no more requests. */
  end(): Promise<LoadRecord>;
}

export interface LoadRecord {
  readonly lanes: Readonly<Record<LaneName, LaneRecord>>;
  readonly errors: readonly LoadError[];
}

/** Answers, in the order in which they came: when each came, and how long it took. In milliseconds. */
export interface LaneRecord {
  readonly at: Float64Array;
  readonly took: Float64Array;
}

/**
 * `status` is an answer that is not 2xx, `wrong` one of another key, `old` one that was written over before the
 * request was made, `lost` none because the connection ended, `refused` a connection that could not be made.
 */
export type LoadErrorKind = 'status' | 'wrong' | 'old' | 'timeout' | 'lost' | 'refused';

export interface LoadError {
  readonly kind: LoadErrorKind;
  readonly lane: LaneName;
  readonly at: number;
  readonly detail: string;
}
