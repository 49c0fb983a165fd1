/** How long the parts of a scenario last, in milliseconds, and how much of everything there is. */
export interface Times {
  /** Until the measuring begins. */
  readonly warm: number;
  readonly calm: number;
  readonly fault: number;
  readonly recovery: number;
  /** A request that is not answered within so many seconds has failed. */
  readonly timeout: number;
  /** How many keys of others are on the server, where a scenario has them. */
  readonly foreignKeys: number;
  /** Whether times and memory are judged, and not only counts: a machine that is busy fails them. */
  readonly judgesTimes: boolean;
}
