import { float, int, text } from '../../onnx/rule.ts';
import { type Describers, type Sketchpad, scalar } from './_layer.ts';

/** An activation of tfjs-layers by its name, on a tensor. Throws E_UNSUPPORTED for an unknown one. */
export function activate(pad: Sketchpad, name: string, x: string): string {
  const found = ACTIVATIONS[name];
  if (found === undefined)
    throw pad.refuse(`with the activation ${name} (there are ${Object.keys(ACTIVATIONS).join(', ')})`);
  return found(pad, x);
}

/** The activation that a layer's field holds. */
export function activationOf(pad: Sketchpad, x: string, layer = pad.layer): string {
  const activation = layer['activation'] as { getClassName(): string } | null | undefined;
  return activation ? activate(pad, activation.getClassName(), x) : x;
}

/** The name of the activation that a field holds. */
export const activationName = (field: unknown): string =>
  (field as { getClassName?(): string } | null)?.getClassName?.() ?? 'linear';

const ACTIVATIONS: Readonly<Record<string, (pad: Sketchpad, x: string) => string>> = {
  linear: (_, x) => x,
  relu: (pad, x) => pad.emit('Relu', [x]),
  relu6: (pad, x) => pad.emit('Min', [pad.emit('Relu', [x]), scalar(pad, 6)]),
  elu: (pad, x) => pad.emit('Elu', [x], { alpha: float(1) }),
  selu: (pad, x) => pad.emit('Selu', [x]),
  sigmoid: (pad, x) => pad.emit('Sigmoid', [x]),
  hardSigmoid: (pad, x) => pad.emit('HardSigmoid', [x], { alpha: float(0.2), beta: float(0.5) }),
  softplus: (pad, x) => pad.emit('Softplus', [x]),
  softsign: (pad, x) => pad.emit('Softsign', [x]),
  tanh: (pad, x) => pad.emit('Tanh', [x]),
  softmax: (pad, x) => pad.emit('Softmax', [x], { axis: int(-1) }),
  logSoftmax: (pad, x) => pad.emit('LogSoftmax', [x], { axis: int(-1) }),
  swish: (pad, x) => pad.emit('Mul', [x, pad.emit('Sigmoid', [x])]),
  mish: (pad, x) => pad.emit('Mul', [x, pad.emit('Tanh', [pad.emit('Softplus', [x])])]),
  gelu: (pad, x) => pad.emit('Gelu', [x]),
  gelu_new: (pad, x) => pad.emit('Gelu', [x], { approximate: text('tanh') }),
};

const axisOf = (pad: Sketchpad): number => (pad.layer['axis'] as number | null | undefined) ?? -1;

export const activations: Describers = {
  Activation: (pad) => activationOf(pad, pad.inputs[0] as string),
  ReLU: (pad) => {
    const x = pad.emit('Relu', [pad.inputs[0] as string]);
    const most = pad.layer['maxValue'] as number | null | undefined;
    return most == null ? x : pad.emit('Min', [x, scalar(pad, most)]);
  },
  LeakyReLU: (pad) => pad.emit('LeakyRelu', [pad.inputs[0] as string], { alpha: float(pad.layer['alpha'] as number) }),
  PReLU: (pad) => pad.emit('PRelu', [pad.inputs[0] as string, pad.weight('alpha') as string]),
  ELU: (pad) => pad.emit('Elu', [pad.inputs[0] as string], { alpha: float(pad.layer['alpha'] as number) }),
  ThresholdedReLU: (pad) =>
    pad.emit('ThresholdedRelu', [pad.inputs[0] as string], { alpha: float(pad.layer['theta'] as number) }),
  Softmax: (pad) => pad.emit('Softmax', [pad.inputs[0] as string], { axis: int(axisOf(pad)) }),
};
