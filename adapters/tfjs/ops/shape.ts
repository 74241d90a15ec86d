import { intAttribute, intsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { broadcastShapes } from '../../../harness/shape.ts';
import { axesOf, front, given, type Kernel, type Kernels, numbers, range } from './_kernel.ts';

const reshape: Kernel = (call) => {
  const x = given(call, 0);
  const wants = numbers(call, 1) ?? intsAttribute(call.attributes, 'shape', []);
  const keeps = intAttribute(call.attributes, 'allowzero', 0) === 0;
  return call.tf.reshape(
    x,
    wants.map((d, axis) => (d === 0 && keeps ? (x.shape[axis] as number) : d)),
  );
};

const flatten: Kernel = (call) => {
  const x = given(call, 0);
  const axis = front(intAttribute(call.attributes, 'axis', 1), x.rank);
  const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  return call.tf.reshape(x, [size(x.shape.slice(0, axis)), size(x.shape.slice(axis))]);
};

const transpose: Kernel = (call) => {
  const x = given(call, 0);
  return call.tf.transpose(x, [...intsAttribute(call.attributes, 'perm', range(x.rank).reverse())]);
};

const squeeze: Kernel = (call) => {
  const x = given(call, 0);
  const axes = axesOf(call, 1, x.rank);
  return call.tf.reshape(
    x,
    x.shape.filter((d, axis) => (axes === null ? d !== 1 : !axes.includes(axis))),
  );
};

const unsqueeze: Kernel = (call) => {
  const x = given(call, 0);
  const raw = numbers(call, 1) ?? intsAttribute(call.attributes, 'axes', []);
  const rank = x.rank + raw.length;
  const axes = raw.map((axis) => front(axis, rank));
  const rest = [...x.shape];
  return call.tf.reshape(
    x,
    range(rank).map((axis) => (axes.includes(axis) ? 1 : (rest.shift() as number))),
  );
};

const expand: Kernel = (call) => {
  const x = given(call, 0);
  const shape = broadcastShapes(x.shape, numbers(call, 1) ?? []);
  if (shape === null) throw new Error(`shape [${x.shape.join(', ')}] cannot be broadcast to the one wanted`);
  // TensorFlow.js takes an empty axis for one of size 1.
  return shape.includes(0) ? call.tf.zeros(shape, x.dtype as 'float32') : call.tf.broadcastTo(x, shape);
};
/** Channels of NCHW to and from blocks of places. */
const depthToSpace: Kernel = (call) => {
  const x = given(call, 0);
  const b = intAttribute(call.attributes, 'blocksize', 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const out = c / (b * b);
  const columns = stringAttribute(call.attributes, 'mode', 'DCR') === 'DCR';
  const split = columns ? [n, b, b, out, h, w] : [n, out, b, b, h, w];
  const order = columns ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return call.tf.reshape(call.tf.transpose(call.tf.reshape(x, split), order), [n, out, h * b, w * b]);
};

const spaceToDepth: Kernel = (call) => {
  const x = given(call, 0);
  const b = intAttribute(call.attributes, 'blocksize', 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const split = call.tf.reshape(x, [n, c, h / b, b, w / b, b]);
  return call.tf.reshape(call.tf.transpose(split, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b]);
};

const shape: Kernel = (call) => {
  const all = given(call, 0).shape;
  const from = intAttribute(call.attributes, 'start', 0);
  const to = intAttribute(call.attributes, 'end', all.length);
  return call.tf.tensor1d(all.slice(from, to), 'int32');
};

export const shapes: Kernels = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: (call) => call.tf.tile(given(call, 0), [...(numbers(call, 1) ?? [])]),
  Shape: shape,
  Size: (call) => call.tf.scalar(given(call, 0).size, 'int32'),
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
