import { intsAttribute } from '../attributes.ts';
import type { GraphNode, Wiring } from '../types/graph.ts';
import type { ForwardContext } from '../types/rule.ts';
import { isParameter } from './_graph.ts';
import type { Norm } from './_norm.ts';
import { constantOf } from './_written.ts';

/** A norm written out: ReduceMean, Sub, Pow or Mul, ReduceMean, Add, Sqrt, Div, and then Mul and Add of parameters. */
export interface WrittenNorm {
  readonly x: string;
  readonly mean: GraphNode | null;
  readonly centre: GraphNode | null;
  readonly variance: GraphNode;
  readonly epsilon: GraphNode | null;
  readonly root: GraphNode;
  readonly divide: GraphNode;
  readonly scale: GraphNode | null;
  readonly shift: GraphNode | null;
}

export type NormRole = Exclude<keyof WrittenNorm, 'x'>;

/** The written norm that a node is part of, and which part; null for others. */
export function partOfNorm(
  context: Pick<ForwardContext, 'wiring' | 'node'>,
): { readonly norm: WrittenNorm; readonly role: NormRole } | null {
  return partsOf(context.wiring).get(context.node) ?? null;
}

/** The norm that ends (but for scale and shift) in this division; null for another node. */
export function writtenNormOf(context: ForwardContext): Norm | null {
  const part = partOfNorm(context);
  const shape = context.outputs[0]?.shape;
  if (part?.role !== 'divide' || shape === undefined) return null;
  const { x, variance, epsilon, centre } = part.norm;
  const axes = axesOf(context, variance, shape.length);
  const small = epsilon === null ? 0 : smallOf(context, epsilon);
  if (axes === null || small === null) return null;
  const bare = { scale: null, bias: null, inView: false, running: null };
  return { ...bare, x, shape, view: shape, axes, centred: centre !== null, epsilon: small };
}

/** The number that is added to the variance; null where it is not known. */
export function smallOf(context: ForwardContext, { inputs }: GraphNode): number | null {
  for (const name of inputs) {
    if (!isParameter(context, name)) continue;
    const value = context.value(name) ?? constantOf(context, name);
    if (value !== null && value.data.length === 1) return value.data[0] as number;
  }
  return null;
}

/** The axes of a reduction, from the front; null where they are not known. */
export function axesOf(context: ForwardContext, node: GraphNode, rank: number): readonly number[] | null {
  const name = node.inputs[1] ?? '';
  const given = name === '' ? null : (context.value(name) ?? constantOf(context, name));
  const listed = name === '' ? intsAttribute(node.attributes, 'axes', []) : given && [...given.data];
  if (listed === null) return null;
  if (listed.length === 0) return Array.from({ length: rank }, (_, axis) => axis);
  return listed.map((axis) => (axis < 0 ? axis + rank : axis));
}

const known = new WeakMap<Wiring, ReadonlyMap<GraphNode, { norm: WrittenNorm; role: NormRole }>>();

function partsOf(wiring: Wiring): ReadonlyMap<GraphNode, { norm: WrittenNorm; role: NormRole }> {
  const held = known.get(wiring);
  if (held !== undefined) return held;
  const parts = new Map<GraphNode, { norm: WrittenNorm; role: NormRole }>();
  for (const root of wiring.graph.nodes) {
    const norm = root.op === 'Sqrt' ? around(wiring, root) : null;
    if (norm === null) continue;
    for (const [role, node] of Object.entries(norm)) {
      if (role !== 'x' && node !== null) parts.set(node as GraphNode, { norm, role: role as NormRole });
    }
  }
  known.set(wiring, parts);
  return parts;
}

/** Reads a norm off around its root. */
function around(wiring: Wiring, root: GraphNode): WrittenNorm | null {
  const maker = (name: string | undefined): GraphNode | undefined => wiring.producer.get(name ?? '');
  const under = maker(root.inputs[0]);
  const epsilon = under?.op === 'Add' ? under : null;
  const variance = epsilon === null ? under : epsilon.inputs.map(maker).find((node) => node?.op === 'ReduceMean');
  const square = variance?.op === 'ReduceMean' ? maker(variance.inputs[0]) : undefined;
  if (variance === undefined || square === undefined || !squares(square)) return null;
  const deviation = square.inputs[0] as string;
  const centre = maker(deviation);
  const mean = centre?.op === 'Sub' ? maker(centre.inputs[1]) : undefined;
  const centred = mean?.op === 'ReduceMean' && mean.inputs[0] === centre?.inputs[0];
  const divide = divisionBy(wiring, root, deviation);
  if (divide === null) return null;
  const scale = withParameter(wiring, divide, 'Mul');
  return {
    x: centred ? (mean.inputs[0] as string) : deviation,
    mean: centred ? mean : null,
    centre: centred ? (centre as GraphNode) : null,
    variance,
    epsilon,
    root,
    divide,
    scale,
    shift: withParameter(wiring, scale ?? divide, 'Add'),
  };
}

const squares = ({ op, inputs }: GraphNode): boolean => op === 'Pow' || (op === 'Mul' && inputs[0] === inputs[1]);

/** deviation / root, or deviation · (1 / root), the inverse by Reciprocal or as a fraction. The deviation may be computed twice. */
function divisionBy({ consumers, producer }: Wiring, root: GraphNode, deviation: string): GraphNode | null {
  const output = root.outputs[0] as string;
  for (const reader of consumers.get(output) ?? []) {
    const inverse = reader.op === 'Reciprocal' || (reader.op === 'Div' && reader.inputs[1] === output);
    if (!inverse) continue;
    const product = consumers.get(reader.outputs[0] as string)?.find((node) => node.op === 'Mul');
    const whole =
      reader.op === 'Div' && (reader.inputs[0] === deviation || producer.get(reader.inputs[0] ?? '')?.op === 'Sub');
    if (!whole && product?.inputs.includes(deviation) === true) return product;
    if (reader.op === 'Div') return reader;
  }
  return null;
}

/** The one reader that multiplies with, or adds, a parameter. */
function withParameter(wiring: Wiring, from: GraphNode, op: string): GraphNode | null {
  const [reader, ...others] = wiring.consumers.get(from.outputs[0] as string) ?? [];
  if (reader?.op !== op || others.length > 0) return null;
  const other = reader.inputs.find((name) => name !== from.outputs[0]);
  return other !== undefined && isParameter({ wiring }, other) ? reader : null;
}
