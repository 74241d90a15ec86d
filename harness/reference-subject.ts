import { recordReference } from './record.ts';
import type { Reference, Subject } from './types/adapter.ts';
import { inputsFor } from './votes/inputs.ts';

/**
 * An open reference as the subject: a network in one framework, held against the same network in another. It runs on its own parameters; inputs are
 * taken by name, else by type and shape. The caller opened the reference, and releases it.
 */
export function referenceSubject(reference: Reference, map?: Readonly<Record<string, string>>): Subject {
  const { name, kind, version, graph } = reference;
  return {
    name,
    kind,
    producer: `${kind} ${version}`,
    runs: true,
    ...(map === undefined ? {} : { map: new Map(Object.entries(map)) }),
    run: async ({ inputs }) => {
      const own = new Map([...inputs].map(([theirs, source]) => [ownName(theirs, map), source] as const));
      // What has no gradient is not recorded: the report then says that it was not compared.
      const trace = await recordReference(reference, inputsFor(graph, own), null, { refused: () => {} });
      return { trace, observations: [] };
    },
    release: async () => {},
  };
}

const ownName = (theirs: string, map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map).find((own) => map[own] === theirs) ?? theirs;
