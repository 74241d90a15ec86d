import { isTwin, type TwinRequest } from '../../adapters/network/twin-request.ts';
import type { CheckOptions } from '../../harness/check.ts';
import type { Reference, Subject } from '../../harness/types/adapter.ts';
import { loadReferenceOrTwin } from '../load-reference.ts';

/** The references of a check: opened when the first subject is there, and kept for the others. */
export interface References {
  /** Lends them to `use`; a twin is made for this subject, and closed after it. */
  lend<T>(subject: Subject, options: CheckOptions, use: (all: readonly Reference[]) => Promise<T>): Promise<T>;
  /** Opens those that are files, so that what is wrong with them is told once, not for each subject. */
  open(): Promise<void>;
  release(): Promise<void>;
}

/** References by path, or as `twin()`. `lend` and `open` throw what opening them throws. */
export function referencesOf(named: readonly (string | TwinRequest)[]): References {
  const kept = new Map<string, Reference | TwinRequest>();
  const found = async (name: string | TwinRequest): Promise<Reference | TwinRequest> => {
    if (typeof name !== 'string') return name;
    const known = kept.get(name) ?? (await loadReferenceOrTwin(name));
    kept.set(name, known);
    return known;
  };
  return {
    async lend(subject, options, use) {
      const all: Reference[] = [];
      const own: Reference[] = [];
      try {
        for (const name of named) {
          const offered = await found(name);
          const reference = isTwin(offered) ? await twinOf(offered, subject, options) : offered;
          if (isTwin(offered)) own.push(reference);
          all.push(reference);
        }
        return await use(all);
      } finally {
        for (const reference of own) await reference.release();
      }
    },
    async open() {
      for (const name of named) await found(name);
    },
    async release() {
      for (const reference of kept.values()) if (!isTwin(reference)) await reference.release();
    },
  };
}

async function twinOf(request: TwinRequest, subject: Subject, { inputs }: CheckOptions): Promise<Reference> {
  const { twinReference } = await import('../../adapters/network/twin-reference.ts');
  return twinReference(request, subject, inputs ?? new Map());
}
