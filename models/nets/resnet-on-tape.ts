import { get, type Tensor } from './layer.ts';
import {
  averaged,
  connected,
  convolution,
  crossEntropyLoss,
  LOOPS,
  playBack,
  rectified,
  startTape,
  sum,
  type Variable,
  variable,
} from './tape.ts';

/** What it is run with: tensors by name, and whom to tell what was computed. */
export interface Iteration {
  readonly inputs: { readonly [name: string]: Tensor };
  readonly parameters: { readonly [name: string]: Tensor };
  readonly probe: {
    (name: string, data: Float32Array, shape: readonly number[]): void;
    gradient(name: string, data: Float32Array): void;
    use(layer: string, tensor: string, data: Float32Array): void;
  };
}

const SAME = { stride: 1, padding: 1, dilation: 1, groups: 1 };
const HALVED = { ...SAME, stride: 2 };
const POINTWISE = { ...HALVED, padding: 0 };

/** The residual network in evaluation as one run of code, forward and backward, which nobody takes apart. */
export function resnetIteration({ inputs, parameters, probe }: Iteration, loops: typeof LOOPS = LOOPS): void {
  const tape = startTape(parameters, loops);
  const { data, shape } = get(inputs, 'input');
  const told = (y: Variable): Variable => {
    probe(y.name, y.data, y.shape);
    return y;
  };
  const conv = (name: string, x: Variable, how = SAME, biased = true) => {
    probe.use(name, x.name, x.data);
    return told(convolution(tape, name, x, how, biased));
  };
  const relu = (name: string, x: Variable) => told(rectified(tape, name, x));

  const stem = conv('stem', variable(tape, 'input', shape, data));
  const branch1 = conv('b1.conv2', relu('b1.relu1', conv('b1.conv1', stem)));
  const block1 = relu('b1.relu2', told(sum(tape, 'b1.add', branch1, stem)));
  const branch2 = conv('b2.conv2', relu('b2.relu1', conv('b2.conv1', block1, HALVED)));
  const short = conv('b2.short', block1, POINTWISE, false);
  const block2 = relu('b2.relu2', told(sum(tape, 'b2.add', branch2, short)));
  const head = told(connected(tape, 'head', told(averaged(tape, 'flatten', block2))));
  playBack(tape, told(crossEntropyLoss(tape, 'loss', head, get(inputs, 'target'))));
  for (const { name, grad } of tape.variables.values()) probe.gradient(name, grad);
}
