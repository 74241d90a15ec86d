import { elementNumber } from '../../onnx/elements.ts';
import { float, int, ints } from '../../onnx/rule.ts';
import { scalar, whole } from '../layers/_layer.ts';
import type { DescribeNode, NodeDescribers, NodePad } from './_node.ts';
import { fused, relu6 } from './spatial.ts';

/** The same operator under ONNX's name, on all inputs. */
const same =
  (op: string): DescribeNode =>
  (pad) =>
    pad.emit(op, pad.inputs);

const reduced =
  (op: string): DescribeNode =>
  (pad) => {
    const keep = int(pad.attribute('keepDims', false) ? 1 : 0);
    return pad.emit(op, [pad.input(0), whole(pad, pad.numbers(1))], { keepdims: keep });
  };

function matMul(pad: NodePad): string {
  const attributes = {
    transA: int(pad.attribute('transposeA', false) ? 1 : 0),
    transB: int(pad.attribute('transposeB', false) ? 1 : 0),
  };
  return pad.emit('Gemm', [pad.input(0), pad.input(1)], attributes);
}

/** Products of many matrices; what is to be transposed must be known to have so many axes. */
function batchMatMul(pad: NodePad): string {
  const operand = (slot: number, name: string): string => {
    if (!pad.attribute(name, false)) return pad.input(slot);
    const rank = pad.shapes[slot]?.length ?? 0;
    if (rank < 2) throw pad.refuse('of transposed operands of unknown rank');
    const order = Array.from({ length: rank }, (_, i) => i);
    return pad.emit('Transpose', [pad.input(slot)], { perm: ints([...order.slice(0, -2), rank - 1, rank - 2]) });
  };
  return pad.emit('MatMul', [operand(0, 'transposeA'), operand(1, 'transposeB')]);
}

function stridedSlice(pad: NodePad): string {
  for (const mask of ['ellipsisMask', 'newAxisMask']) {
    if (pad.attribute(mask, 0) !== 0) throw pad.refuse(`with ${mask}`);
  }
  const [begin, end, strides] = [1, 2, 3].map((slot) => pad.numbers(slot)) as [number[], number[], number[]];
  const bit = (name: string, axis: number): boolean => ((pad.attribute(name, 0) >> axis) & 1) === 1;
  const far = 2 ** 31 - 1;
  const from = begin.map((b, axis) => (bit('beginMask', axis) ? ((strides[axis] as number) > 0 ? 0 : far) : b));
  const to = end.map((e, axis) => {
    if (bit('shrinkAxisMask', axis)) return begin[axis] === -1 ? far : (begin[axis] as number) + 1;
    return bit('endMask', axis) ? ((strides[axis] as number) > 0 ? far : -far) : e;
  });
  const axes = begin.map((_, axis) => axis);
  const x = pad.emit('Slice', [pad.input(0), whole(pad, from), whole(pad, to), whole(pad, axes), whole(pad, strides)]);
  const shrunk = axes.filter((axis) => bit('shrinkAxisMask', axis));
  return shrunk.length === 0 ? x : pad.emit('Squeeze', [x, whole(pad, shrunk)]);
}

function slice(pad: NodePad): string {
  const [begin, size] = [pad.numbers(1), pad.numbers(2)];
  const end = begin.map((b, axis) => (size[axis] === -1 ? 2 ** 31 - 1 : b + (size[axis] as number)));
  return pad.emit('Slice', [
    pad.input(0),
    whole(pad, begin),
    whole(pad, end),
    whole(
      pad,
      begin.map((_, i) => i),
    ),
  ]);
}

function padded(pad: NodePad): string {
  const pairs = pad.numbers(1);
  const ends = [...pairs.filter((_, i) => i % 2 === 0), ...pairs.filter((_, i) => i % 2 === 1)];
  const filler = pad.inputs.length > 2 ? [pad.input(2)] : [];
  return pad.emit('Pad', [pad.input(0), whole(pad, ends), ...filler]);
}

/** −1 in a shape is worked out, by ONNX too; a 0 there would be copied. */
const reshape: DescribeNode = (pad) =>
  pad.emit('Reshape', [pad.input(0), whole(pad, pad.numbers(1))], { allowzero: int(1) });

const squared = (pad: NodePad, x: string): string => pad.emit('Mul', [x, x]);

export const plainNodes: NodeDescribers = {
  MatMul: matMul,
  _FusedMatMul: (pad) => fused(pad, matMul(pad)),
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  Add: same('Add'),
  AddV2: same('Add'),
  AddN: same('Sum'),
  Sub: same('Sub'),
  Mul: same('Mul'),
  RealDiv: same('Div'),
  Div: same('Div'),
  Pow: same('Pow'),
  Maximum: same('Max'),
  Minimum: same('Min'),
  SquaredDifference: (pad) => squared(pad, pad.emit('Sub', pad.inputs)),
  Square: (pad) => squared(pad, pad.input(0)),
  Rsqrt: (pad) => pad.emit('Reciprocal', [pad.emit('Sqrt', pad.inputs)]),
  Sqrt: same('Sqrt'),
  Exp: same('Exp'),
  Log: same('Log'),
  Neg: same('Neg'),
  Abs: same('Abs'),
  Tanh: same('Tanh'),
  Sigmoid: same('Sigmoid'),
  Softplus: same('Softplus'),
  Erf: same('Erf'),
  Sin: same('Sin'),
  Cos: same('Cos'),
  Relu: same('Relu'),
  Relu6: (pad) => relu6(pad, pad.input(0)),
  Elu: (pad) => pad.emit('Elu', pad.inputs, { alpha: float(1) }),
  Selu: same('Selu'),
  LeakyRelu: (pad) => pad.emit('LeakyRelu', pad.inputs, { alpha: float(pad.attribute('alpha', 0.2)) }),
  Prelu: same('PRelu'),
  Softmax: (pad) => pad.emit('Softmax', pad.inputs, { axis: int(-1) }),
  LogSoftmax: (pad) => pad.emit('LogSoftmax', pad.inputs, { axis: int(-1) }),
  Identity: same('Identity'),
  StopGradient: (pad) => {
    throw pad.refuse('(ONNX has nothing that stops a gradient)');
  },
  Mean: reduced('ReduceMean'),
  Sum: reduced('ReduceSum'),
  Max: reduced('ReduceMax'),
  Min: reduced('ReduceMin'),
  Prod: reduced('ReduceProd'),
  Reshape: reshape,
  Squeeze: (pad) => {
    const axes = pad.attribute<readonly number[]>('axis', []);
    return pad.emit('Squeeze', [pad.input(0), ...(axes.length === 0 ? [] : [whole(pad, axes)])]);
  },
  ExpandDims: (pad) => pad.emit('Unsqueeze', [pad.input(0), whole(pad, pad.numbers(1))]),
  Transpose: (pad) => pad.emit('Transpose', [pad.input(0)], { perm: ints(pad.numbers(1)) }),
  ConcatV2: (pad) => {
    const last = pad.inputs.length - 1;
    return pad.emit('Concat', pad.inputs.slice(0, last), { axis: int(pad.numbers(last)[0] as number) });
  },
  Pack: (pad) => {
    const axis = pad.attribute('axis', 0);
    const rows = pad.inputs.map((x) => pad.emit('Unsqueeze', [x, whole(pad, [axis])]));
    return pad.emit('Concat', rows, { axis: int(axis) });
  },
  Split: (pad) => {
    const count = pad.attribute('numOrSizeSplits', 1);
    const attributes = { axis: int(pad.numbers(0)[0] as number), num_outputs: int(count) };
    return pad.emitMany('Split', [pad.input(1)], count, attributes);
  },
  Slice: slice,
  StridedSlice: stridedSlice,
  Pad: padded,
  PadV2: padded,
  Tile: (pad) => pad.emit('Tile', [pad.input(0), whole(pad, pad.numbers(1))]),
  Cast: (pad) => {
    const to = elementNumber(pad.attribute<'float32' | 'int32' | 'bool'>('dtype', 'float32'));
    return pad.emit('Cast', [pad.input(0)], { to: int(to) });
  },
  OneHot: (pad) => {
    const [depth, on, off] = [1, 2, 3].map((slot) => pad.numbers(slot)[0] as number) as [number, number, number];
    const values = pad.constant({ dtype: 'float32', shape: [2], data: Float32Array.of(off, on) });
    return pad.emit('OneHot', [pad.input(0), whole(pad, [depth]), values], { axis: int(-1) });
  },
  ClipByValue: (pad) => {
    const [low, high] = [1, 2].map((slot) => scalar(pad, pad.numbers(slot)[0] as number)) as [string, string];
    return pad.emit('Clip', [pad.input(0), low, high]);
  },
  GatherV2: (pad) => {
    const indices = pad.emit('Cast', [pad.input(1)], { to: int(7) });
    return pad.emit('Gather', [pad.input(0), indices], { axis: int(pad.numbers(2)[0] as number) });
  },
};
