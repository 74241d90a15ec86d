/** A program that holds a hand-written network. */
export interface ProcessOptions {
  /** Program and arguments; no shell is used. */
  readonly command: readonly string[];
  readonly name?: string;
  /** Folder in which it runs; this one by default. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its names to the reference's, where they differ: `{ "fc1.weight": "net.fc1.weight" }`. */
  readonly map?: Readonly<Record<string, string>>;
  /** Longest time for one run, in milliseconds (60,000 by default). */
  readonly timeLimit?: number;
}
