import { int, ints, text } from '../../onnx/rule.ts';
import type { Attribute, Attributes } from '../../../harness/types/graph.ts';
import { activationName } from './activations.ts';
import { type Describers, type Layer, type Sketchpad, whole } from './_layer.ts';

/** One kind of recurrent layer: ONNX's operator, and which of Keras's gates stands where in it. */
interface Kind {
  readonly op: string;
  /** ONNX's gate g is Keras's gate order[g]. */
  readonly order: readonly number[];
  /** Fields of the cell that hold ONNX's activations, in order. */
  readonly activations: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  // Keras has input, forget, cell, output; ONNX input, output, forget, cell.
  LSTM: { op: 'LSTM', order: [0, 3, 1, 2], activations: ['recurrentActivation', 'activation', 'activation'] },
  GRU: { op: 'GRU', order: [0, 1, 2], activations: ['recurrentActivation', 'activation'] },
  SimpleRNN: { op: 'RNN', order: [0], activations: ['activation'] },
};

const NAMES: Readonly<Record<string, string>> = {
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  hardSigmoid: 'HardSigmoid',
  softsign: 'Softsign',
  softplus: 'Softplus',
  linear: 'Affine',
};

/** A cell's weights as ONNX has them: W [1, gates · hidden, input], R [1, gates · hidden, hidden], B [1, 2 · gates · hidden]. */
function weightsOf(pad: Sketchpad, cell: Layer, { order }: Kind): readonly string[] {
  const turned = (field: string): string =>
    pad.emit('Unsqueeze', [
      reordered(pad, pad.emit('Transpose', [pad.weight(field, cell) as string], { perm: ints([1, 0]) }), order),
      whole(pad, [0]),
    ]);
  const w = turned('kernel');
  const r = turned('recurrentKernel');
  const bias = pad.weight('bias', cell);
  if (bias === null) return [w, r];
  const size = order.length * (cell['units'] as number);
  const zeros = pad.constant({ dtype: 'float32', shape: [size], data: new Float32Array(size) });
  const both = pad.emit('Concat', [reordered(pad, bias, order), zeros], { axis: int(0) });
  return [w, r, pad.emit('Unsqueeze', [both, whole(pad, [0])])];
}

function reordered(pad: Sketchpad, x: string, order: readonly number[]): string {
  if (order.every((gate, i) => gate === i)) return x;
  const gates = pad.emitMany('Split', [x], order.length, { axis: int(0), num_outputs: int(order.length) });
  return pad.emit(
    'Concat',
    order.map((gate) => gates[gate] as string),
    { axis: int(0) },
  );
}

/** Names of the activations; those with constants have them in lists of their own. */
function activationsOf(pad: Sketchpad, cell: Layer, { activations }: Kind): Record<string, Attribute> {
  const names = activations.map((field) => {
    const own = activationName(cell[field]);
    const name = NAMES[own];
    if (name === undefined) throw pad.refuse(`with the activation ${own} (there are ${Object.keys(NAMES).join(', ')})`);
    return name;
  });
  const alpha = names.flatMap((name) => (name === 'HardSigmoid' ? [Math.fround(0.2)] : name === 'Affine' ? [1] : []));
  const beta = names.flatMap((name) => (name === 'HardSigmoid' ? [0.5] : name === 'Affine' ? [0] : []));
  const found: Record<string, Attribute> = { activations: { kind: 'strings', value: names } };
  if (alpha.length > 0) Object.assign(found, constants(alpha, beta));
  return found;
}

const constants = (alpha: readonly number[], beta: readonly number[]): Record<string, Attribute> => ({
  activation_alpha: { kind: 'floats', value: alpha },
  activation_beta: { kind: 'floats', value: beta },
});

/** Batch, time, features in; the last state, or all of them in the order in which they were computed, out. */
export function describeRecurrent(pad: Sketchpad, layer: Layer = pad.layer): string {
  const kind = KINDS[layer.getClassName()];
  if (kind === undefined) throw pad.refuse(`around ${layer.getClassName()}`);
  if (layer['returnState'] === true) throw pad.refuse('that returns its state');
  if (layer['stateful'] === true) throw pad.refuse('that keeps its state between batches');
  if (pad.inputs.length > 1) throw pad.refuse('with a given first state');
  const cell = layer['cell'] as Layer;
  if (pad.training && [cell['dropout'], cell['recurrentDropout']].some((rate) => rate !== 0)) {
    throw pad.refuse('with dropout in training, which is random,');
  }
  const backwards = layer['goBackwards'] === true;
  const attributes: Attributes = {
    hidden_size: int(cell['units'] as number),
    direction: text(backwards ? 'reverse' : 'forward'),
    ...activationsOf(pad, cell, kind),
  };
  const x = pad.emit('Transpose', [pad.inputs[0] as string], { perm: ints([1, 0, 2]) });
  const outputs = pad.emitMany(kind.op, [x, ...weightsOf(pad, cell, kind)], 2, attributes);
  if (layer['returnSequences'] !== true) return pad.emit('Squeeze', [outputs[1] as string, whole(pad, [0])]);
  const all = pad.emit('Squeeze', [outputs[0] as string, whole(pad, [1])]);
  const sequence = pad.emit('Transpose', [all], { perm: ints([1, 0, 2]) });
  return backwards ? reversed(pad, sequence) : sequence;
}

/** Time turned round. */
const reversed = (pad: Sketchpad, x: string): string =>
  pad.emit('Slice', [x, whole(pad, [-1]), whole(pad, [-(2 ** 31)]), whole(pad, [1]), whole(pad, [-1])]);

const MERGES: Readonly<Record<string, (pad: Sketchpad, a: string, b: string) => string>> = {
  concat: (pad, a, b) => pad.emit('Concat', [a, b], { axis: int(-1) }),
  sum: (pad, a, b) => pad.emit('Add', [a, b]),
  mul: (pad, a, b) => pad.emit('Mul', [a, b]),
  ave: (pad, a, b) => pad.emit('Mean', [a, b]),
};

function bidirectional(pad: Sketchpad): string {
  const [forward, backward] = [pad.layer['forwardLayer'] as Layer, pad.layer['backwardLayer'] as Layer];
  const merge = MERGES[pad.layer['mergeMode'] as string];
  if (merge === undefined) throw pad.refuse(`with merge mode ${String(pad.layer['mergeMode'])}`);
  const ahead = describeRecurrent(pad, forward);
  const back = describeRecurrent(pad, backward);
  const aligned = forward['returnSequences'] === true ? reversed(pad, back) : back;
  return merge(pad, ahead, aligned);
}

export const recurrent: Describers = {
  LSTM: (pad) => describeRecurrent(pad),
  GRU: (pad) => describeRecurrent(pad),
  SimpleRNN: (pad) => describeRecurrent(pad),
  Bidirectional: bidirectional,
};
