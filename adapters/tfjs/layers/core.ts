import { int, ints } from '../../onnx/rule.ts';
import { activationOf } from './activations.ts';
import { type Describers, type Sketchpad, whole } from './_layer.ts';

const first = (pad: Sketchpad): string => pad.inputs[0] as string;
const rankOf = (pad: Sketchpad): number => pad.shapes[0]?.length ?? 2;
const same = (pad: Sketchpad): string => pad.emit('Identity', [first(pad)]);

/** Randomness has no twin. */
const random = (pad: Sketchpad): string => {
  if (pad.training) throw pad.refuse('in training, which is random,');
  return same(pad);
};

/** Target shape with the batch left as it is (0 copies the dimension). */
const reshaped = (pad: Sketchpad): string => {
  const shape = (pad.outputShapes[0] ?? []).map((d, axis) => (axis === 0 ? 0 : (d ?? -1)));
  return pad.emit('Reshape', [first(pad), whole(pad, shape)]);
};

export const core: Describers = {
  Dense: (pad) => {
    const [kernel, bias] = [pad.weight('kernel') as string, pad.weight('bias')];
    const added = bias === null ? [] : [bias];
    if (rankOf(pad) === 2) return activationOf(pad, pad.emit('Gemm', [first(pad), kernel, ...added]));
    const product = pad.emit('MatMul', [first(pad), kernel]);
    return activationOf(pad, bias === null ? product : pad.emit('Add', [product, bias]));
  },
  Flatten: (pad) => {
    const rank = rankOf(pad);
    const firstChannels = pad.layer['dataFormat'] === 'channelsFirst' && rank > 1;
    const order = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
    const x = firstChannels ? pad.emit('Transpose', [first(pad)], { perm: ints(order) }) : first(pad);
    return pad.emit('Flatten', [x], { axis: int(1) });
  },
  Reshape: reshaped,
  RepeatVector: (pad) => {
    const column = pad.emit('Unsqueeze', [first(pad), whole(pad, [1])]);
    return pad.emit('Tile', [column, whole(pad, [1, pad.layer['n'] as number, 1])]);
  },
  Permute: (pad) => pad.emit('Transpose', [first(pad)], { perm: ints(pad.layer['dimsIncludingBatch'] as number[]) }),
  Dropout: random,
  SpatialDropout1D: random,
  GaussianNoise: random,
  GaussianDropout: random,
  AlphaDropout: random,
  Embedding: (pad) => {
    const indices = pad.emit('Cast', [first(pad)], { to: int(7) });
    return pad.emit('Gather', [pad.weight('embeddings') as string, indices]);
  },
};
