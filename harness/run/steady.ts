import { isLayerdiffError } from '../errors.ts';
import { keyOf } from '../stages/5-judge.ts';
import { bytesOf } from '../tensor.ts';
import type { Reference, ReplayRequest } from '../types/adapter.ts';
import type { Graph, GraphNode } from '../types/graph.ts';
import type { TensorReport } from '../types/report.ts';
import type { Tensor } from '../types/tensor.ts';

/** ONNX's operators that draw at random, each time anew. */
const RANDOM: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** True where a run of the graph may differ from the next: it has an operator that draws at random, a Dropout that may be in training, or one of a domain of its own. */
export function mayDraw({ nodes }: Graph): boolean {
  return nodes.some(
    (node) => RANDOM.has(node.op) || trains(node) || !KNOWN_DOMAINS.has(node.domain) || bodiesOf(node).some(mayDraw),
  );
}

const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

const trains = ({ op, inputs }: GraphNode): boolean => op === 'Dropout' && (inputs[2] ?? '') !== '';

const bodiesOf = ({ attributes }: GraphNode): readonly Graph[] =>
  Object.values(attributes).flatMap((attribute) => (attribute.kind === 'graph' ? [attribute.value] : []));

/** Replays twice, and gives the keys of the answers that differ. Nothing but a hash of each is kept. */
export async function unsteadyAnswers(reference: Reference, request: ReplayRequest): Promise<ReadonlySet<string>> {
  const first = await hashes(reference, request);
  const second = await hashes(reference, request);
  return new Set([...first].filter(([key, hash]) => second.get(key) !== hash).map(([key]) => key));
}

async function hashes(reference: Reference, request: ReplayRequest): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  try {
    for await (const { name, direction, tensor } of reference.replay({ ...request, refused: () => {} }))
      found.set(keyOf(name, direction), hashOf(tensor));
  } catch (error) {
    // Whether there are gradients is said where they are compared.
    if (!isLayerdiffError(error) || request.wantGradients.length === 0) throw error;
    return hashes(reference, { ...request, wantGradients: [], gradients: new Map() });
  }
  return found;
}

/** FNV-1a over the bytes, twice with different starts: 64 bits in all. */
function hashOf(tensor: Tensor): string {
  if (tensor.dtype === 'string') return JSON.stringify(tensor.data);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const byte of bytesOf(tensor)) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x01000193) ^ (b >>> 15);
  }
  return `${a} ${b}`;
}

/** The row of a tensor that the reference itself does not give twice alike. */
export const unsteadyRow = (row: TensorReport): TensorReport => ({
  ...row,
  verdict: 'incomparable',
  band: null,
  local: null,
  allowed: null,
  reason: 'two identical runs of the reference differ here: it draws at random',
});

/** What the report says of them. */
export function unsteadyNotes(rows: readonly TensorReport[]): readonly string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, 3).map(({ tensor, direction }) => `${tensor} (${direction})`);
  return [
    `The reference is not deterministic: two identical runs differ at ${shown.join(', ')}${rows.length > 3 ? ', …' : ''}. Export the model in evaluation mode, or record what is drawn.`,
  ];
}
