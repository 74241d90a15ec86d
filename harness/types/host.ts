/** What the harness may not reach itself: the clock, memory, and somebody who watches. */
export interface Host {
  /** Seconds since any fixed moment. */
  now(): number;
  /** Largest memory of the process so far, in bytes. */
  peakBytes(): number;
  /** Lets others have their turn (a key that was pressed) between two steps of a long search; undefined where it is not yet time. */
  pause?(): Promise<void> | undefined;
  progress?(step: string, done: number, total: number): void;
}
