import { float32 as singles, toNumbers } from '../../harness/tensor.ts';
import { float32 } from '../../harness/oracle/arithmetic.ts';
import type { Attribute, Graph } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import { interpreted } from './correct.ts';
import type { Bench, Run } from './jury.ts';
import type { Written } from './layers.ts';
import { Tape } from './tape.ts';

/** Why a bug is not seen. `same`: in exact arithmetic the numbers are the right ones, so that whoever sees it raises a false alarm. */
export interface Unseen {
  readonly why: string;
  readonly same: boolean;
}

/** One kind of bug: what a case's tensor is with it. */
export interface Bug {
  readonly kind: string;
  /** The case on which it is made. */
  readonly plan: string;
  /** `y`, or the input whose gradient is wrong. */
  readonly target: string;
  readonly make: (kit: Kit) => ArrayLike<number>;
  /** Why it cannot be seen on these inputs, where it cannot. */
  readonly unseen?: Unseen;
  /** Made on inputs that are there to show it. */
  readonly sensitised?: boolean;
}

/** What else may be asked of a case to make a bug of it. */
export interface Change {
  readonly attributes?: Readonly<Record<string, Attribute | null>>;
  readonly op?: string;
  readonly inputs?: Readonly<Record<string, ArrayLike<number>>>;
  readonly cotangent?: ArrayLike<number>;
}

/** What a bug is made of. */
export interface Kit {
  /** The target as it should be, in float32. */
  readonly truth: Float64Array;
  readonly y: Float64Array;
  readonly dy: Float64Array;
  readonly shape: readonly number[];
  x(slot: number): Float64Array;
  /** The target of the network with this change. */
  edited(change: Change): Float64Array;
  /** The target of a layer written in another way. */
  written(layer: Written, round?: (x: number) => number): Float64Array;
}

/** The run of a case in which the bug's target, and nothing else, is wrong. */
export function withBug(bench: Bench, right: Run, bug: Bug): Run {
  const pick = (run: Run): Tensor => (bug.target === 'y' ? run.y : (run.gradients.get(bug.target) as Tensor));
  const honest = pick(right);
  const kit: Kit = {
    truth: toNumbers(honest),
    y: toNumbers(right.y),
    dy: toNumbers(bench.cotangent),
    shape: honest.shape,
    x: (slot) => toNumbers(bench.one.feeds.get(`x${slot}`) as Tensor),
    edited: (change) => toNumbers(pick(changed(bench, change))),
    written: (layer, round = Math.fround) => writtenTarget(bench, layer, bug.target, round),
  };
  const wrong = singles(honest.shape, bug.make(kit));
  if (bug.target === 'y') return { ...right, y: wrong };
  return { ...right, gradients: new Map([...right.gradients, [bug.target, wrong]]) };
}

function changed({ one, cotangent }: Bench, change: Change): Run {
  const feeds = new Map(one.feeds);
  for (const [name, numbers] of Object.entries(change.inputs ?? {})) {
    const old = feeds.get(name) as Tensor;
    const data = old.dtype === 'int64' ? BigInt64Array.from(Array.from(numbers), BigInt) : Float32Array.from(numbers);
    feeds.set(name, { ...old, data });
  }
  const dy = change.cotangent === undefined ? cotangent : singles(cotangent.shape, change.cotangent);
  const edited = { ...one, feeds, graph: editedGraph(one.graph, change) };
  return interpreted({ one: edited, cotangent: dy }, float32);
}

function editedGraph(graph: Graph, { attributes = {}, op }: Change): Graph {
  const nodes = graph.nodes.map((node) => {
    if (node.name !== 'layer') return node;
    const kept = Object.entries({ ...node.attributes, ...attributes }).filter(([, value]) => value !== null);
    return { ...node, op: op ?? node.op, attributes: Object.fromEntries(kept) as Record<string, Attribute> };
  });
  return { ...graph, nodes };
}

function writtenTarget(
  { one, cotangent }: Bench,
  layer: Written,
  target: string,
  round: (x: number) => number,
): Float64Array {
  const tape = new Tape({ order: 'sequential', round });
  const floats = [...one.feeds].filter(([, t]) => t.dtype === 'float32');
  const inputs = new Map(floats.map(([name, t]) => [name, tape.variable(t.shape, toNumbers(t))]));
  const [first, ...others] = [...inputs.values()];
  const y = layer(tape, first as never, ...others);
  if (target === 'y') return y.data;
  tape.backward(y, toNumbers(cotangent));
  return inputs.get(target)?.grad as Float64Array;
}

/** Elements moved on by `by`, the last to the front. */
export const rolled = (x: Float64Array, by: number): Float64Array => x.map((_, i) => x[(i + by) % x.length] as number);

/** The numbers of a [rows, columns] matrix in the order of its transpose. */
export const transpose = (x: Float64Array, rows: number, columns: number): Float64Array =>
  x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)] as number);

/** Elements whose index fits are set to 0. */
export const zeroed = (x: Float64Array, fits: (i: number) => boolean): Float64Array =>
  x.map((v, i) => (fits(i) ? 0 : v));

export const times = (x: Float64Array, factor: number): Float64Array => x.map((v) => v * factor);
