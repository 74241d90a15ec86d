import { float, int, ints } from '../../onnx/rule.ts';
import { type Describers, type Sketchpad } from './_layer.ts';

/** The layer's vector, or one of ones or zeros where it learns none. */
function vector(pad: Sketchpad, field: string, size: number, otherwise: 0 | 1): string {
  const data = new Float32Array(size).fill(otherwise);
  return pad.weight(field) ?? pad.constant({ dtype: 'float32', shape: [size], data });
}

const sizeAt = (pad: Sketchpad, axis: number): number => pad.shapes[0]?.[axis] as number;

/** The axis that is normalised is brought to where ONNX has channels. */
function batchNormalization(pad: Sketchpad): string {
  const rank = pad.shapes[0]?.length ?? 2;
  const said = pad.layer['axis'] as number;
  const axis = said < 0 ? said + rank : said;
  const size = sizeAt(pad, axis);
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 0 && i !== axis);
  if (axis !== rank - 1) pad.distrust('tf.batchNorm mixes up statistics that are broadcast');
  const perm = [0, axis, ...others];
  const moved = axis !== 1;
  const x = moved ? pad.emit('Transpose', [pad.inputs[0] as string], { perm: ints(perm) }) : (pad.inputs[0] as string);
  const parameters = [
    vector(pad, 'gamma', size, 1),
    vector(pad, 'beta', size, 0),
    pad.weight('movingMean') as string,
    pad.weight('movingVariance') as string,
  ];
  const attributes = {
    epsilon: float(pad.layer['epsilon'] as number),
    momentum: float(pad.layer['momentum'] as number),
    training_mode: int(pad.training ? 1 : 0),
  };
  const y = pad.emitMany('BatchNormalization', [x, ...parameters], pad.training ? 3 : 1, attributes)[0] as string;
  const back = perm.map((_, i) => perm.indexOf(i));
  return moved ? pad.emit('Transpose', [y], { perm: ints(back) }) : y;
}

function layerNormalization(pad: Sketchpad): string {
  const rank = pad.shapes[0]?.length ?? 2;
  const axes = [...(pad.layer['axis'] as readonly number[])].sort((a, b) => a - b);
  const first = axes[0] as number;
  if (axes.some((axis, i) => axis !== first + i) || first + axes.length !== rank) {
    throw pad.refuse(`over the axes ${axes.join(', ')}, which are not the last ones,`);
  }
  const shape = axes.map((axis) => sizeAt(pad, axis));
  const size = shape.reduce((a, b) => a * b, 1);
  const filled = (value: 0 | 1): string =>
    pad.constant({ dtype: 'float32', shape, data: new Float32Array(size).fill(value) });
  const inputs = [pad.inputs[0] as string, pad.weight('gamma') ?? filled(1), pad.weight('beta') ?? filled(0)];
  const attributes = { axis: int(first), epsilon: float(pad.layer['epsilon'] as number) };
  return pad.emit('LayerNormalization', inputs, attributes);
}

export const norm: Describers = { BatchNormalization: batchNormalization, LayerNormalization: layerNormalization };
