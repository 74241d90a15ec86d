/** What the harness may not reach itself: the clock, memory, and somebody who watches. */
export interface Host {
  /** Seconds since any fixed moment. */
  now(): number;
  /** Largest memory of the process so far, in bytes. */
  peakBytes(): number;
  progress?(step: string, done: number, total: number): void;
}
