/** A search that may be left between two ideas: it goes on when it is asked to, and ends with what it found. */
export type Search<T> = Generator<undefined, T, undefined>;

/** The whole search at once. */
export function finish<T>(search: Search<T>): T {
  for (;;) {
    const next = search.next();
    if (next.done === true) return next.value;
  }
}
