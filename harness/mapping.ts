import type { Alignment } from './types/pair.ts';
import type { Graph } from './types/graph.ts';

/** Key under which a mapping lists the reference's tensors that found no partner. */
export const REFERENCE_ONLY = '$reference only';

/** How a pair was found: for the user to judge, and not read again. */
export interface MappedPair {
  readonly theirs: string;
  readonly way: string;
  readonly confidence: number;
}

/** The subject's names to the reference's; null for what found no partner. */
export type MappingFile = Readonly<Record<string, MappedPair | null | readonly string[]>>;

/**
 * What alignment found, for the user to correct: each pair with how it was found and how sure that is, in the reference's order of execution;
 * then the subject's tensors that found no partner, and the reference's.
 */
export function mappingFile({ pairs, unpaired }: Alignment, graph: Graph): MappingFile {
  const computed = graph.nodes.filter(({ op }) => op !== 'Constant').flatMap((node) => node.outputs);
  const known = [...graph.inputs.map(({ name }) => name), ...graph.initializers.keys(), ...computed];
  const theirs = [...new Set([...known, ...pairs.keys()])].filter((name) => name !== '');
  const entries: [string, MappingFile[string]][] = [];
  for (const name of theirs) {
    const pair = pairs.get(name);
    if (pair === undefined) continue;
    entries.push([pair.subjectName, { theirs: name, way: pair.why, confidence: round(pair.confidence) }]);
  }
  for (const name of unpaired) entries.push([name, null]);
  const alone = theirs.filter((name) => !pairs.has(name));
  if (alone.length > 0) entries.push([REFERENCE_ONLY, alone]);
  return Object.fromEntries(entries);
}

/** The mapping as JSON, one line a pair. */
export function mappingText(mapping: MappingFile): string {
  const lines = Object.entries(mapping).map(([mine, said]) => `  ${JSON.stringify(mine)}: ${JSON.stringify(said)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

const round = (confidence: number): number => Math.round(confidence * 1000) / 1000;
