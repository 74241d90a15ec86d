import type * as Core from '@tensorflow/tfjs-core';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { Attributes, GraphNode } from '../../../harness/types/graph.ts';
import type { TfTensor } from '../tensors.ts';

/** One node of the description, and what it reads. */
export interface Call {
  readonly tf: typeof Core;
  readonly node: GraphNode;
  readonly attributes: Attributes;
  /** Version of the node's operator set. */
  readonly opset: number;
  readonly inputs: readonly (TfTensor | undefined)[];
}

/** An ONNX operator in TensorFlow.js's operators. */
export type Kernel = (call: Call) => TfTensor | readonly (TfTensor | null)[];
export type Kernels = Readonly<Record<string, Kernel>>;

/** Input i, which the operator cannot do without. */
export function given({ inputs, node }: Call, slot: number): TfTensor {
  const tensor = inputs[slot];
  if (tensor !== undefined) return tensor;
  throw new LayerdiffError('E_MODEL', node.name, `${node.op} has no input ${slot + 1}`, 'Check the model.');
}

/** Elements of input i as plain numbers, or null where it is absent. */
export function numbers({ inputs }: Call, slot: number): readonly number[] | null {
  const tensor = inputs[slot];
  return tensor === undefined ? null : Array.from(tensor.dataSync() as unknown as ArrayLike<number>);
}

/** E_UNSUPPORTED: a form of an operator that TensorFlow.js cannot express. */
export function cannot({ node }: Pick<Call, 'node'>, what: string, remedy: string): LayerdiffError {
  return new LayerdiffError('E_UNSUPPORTED', node.name, `${node.op} ${what} has no form in TensorFlow.js`, remedy);
}

/** Axis counted from the front. */
export const front = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Axes from an attribute of old opsets or an input of new ones; null: none said. */
export function axesOf(call: Call, slot: number, rank: number): readonly number[] | null {
  const attribute = call.attributes['axes'];
  const axes = attribute?.kind === 'ints' ? attribute.value : numbers(call, slot);
  return axes === null || axes.length === 0 ? null : axes.map((axis) => front(axis, rank));
}

/** The same elements, off the tape: comparisons have no gradient in TensorFlow.js, and what only chooses needs none. */
export const frozen = (tf: typeof Core, x: TfTensor): TfTensor =>
  tf.tensor(x.dataSync() as Uint8Array, x.shape, x.dtype);

/** Two tensors in their common shape: some operators' gradients do not sum what was broadcast. */
export function alike(tf: typeof Core, a: TfTensor, b: TfTensor): [TfTensor, TfTensor] {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  return [tf.broadcastTo(a, shape), tf.broadcastTo(b, shape)];
}
