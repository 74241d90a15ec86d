import { basename } from 'node:path';
import type { Subject } from '../../harness/types/adapter.ts';
import { openTrace } from './index.ts';

/** A trace file as the subject: what was recorded is what is judged. Opened at once, so that a bad file is refused before a reference is started. */
export function traceSubject(path: string): Subject {
  const trace = openTrace(path);
  return {
    name: basename(path),
    kind: 'trace',
    producer: trace.metadata.producer,
    runs: false,
    run: async () => ({ trace, observations: [] }),
    release: async () => {},
  };
}
