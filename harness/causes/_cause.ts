/** What is known of one cause, for a person who debugs a network. */
export interface CauseEntry {
  /** What `cause.id` in a report is. Ids are stable. */
  readonly id: string;
  /** Operators, or the part of training, that can have it. */
  readonly where: string;
  /** What was done instead. */
  readonly what: string;
  /** What it looks like before one knows. */
  readonly symptom: string;
  /** What is tested before it is named. */
  readonly proof: string;
  /** What to change, and defaults worth knowing. */
  readonly fix: string;
  /** Public threads in which people met it: owner/repository#number. */
  readonly seenIn?: readonly string[];
}

/** Causes that are told together. */
export interface CauseFamily {
  readonly title: string;
  readonly causes: readonly CauseEntry[];
}
