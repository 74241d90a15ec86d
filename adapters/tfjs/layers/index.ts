import { LayerdiffError } from '../../../harness/errors.ts';
import type { Describe, Describers, Layer, Sketchpad } from './_layer.ts';
import { whole } from './_layer.ts';
import { activations } from './activations.ts';
import { convolution } from './convolution.ts';
import { core } from './core.ts';
import { norm } from './norm.ts';
import { pooling } from './pooling.ts';
import { recurrent } from './recurrent.ts';

/** The inner layer on every step as if it were a sample: batch and time are one axis while it runs. */
const timeDistributed: Describe = (pad) => {
  const inner = pad.layer['layer'] as Layer;
  const [inputs, outputs] = [pad.shapes[0] ?? [], pad.outputShapes[0] ?? []];
  const sizes = (shape: readonly (number | null)[]): readonly number[] => {
    if (shape.some((d) => d === null)) throw pad.refuse('of unknown sizes');
    return shape as readonly number[];
  };
  const flat = pad.emit('Reshape', [pad.inputs[0] as string, whole(pad, [-1, ...sizes(inputs.slice(2))])]);
  const within: Sketchpad = {
    ...pad,
    layer: inner,
    inputs: [flat],
    shapes: [[null, ...inputs.slice(2)]],
    outputShapes: [[null, ...outputs.slice(2)]],
    weight: (field, owner = inner) => pad.weight(field, owner),
  };
  const result = describerOf(within)(within);
  return pad.emit('Reshape', [result, whole(pad, [-1, ...sizes(outputs.slice(1))])]);
};

const DESCRIBERS: Describers = {
  ...core,
  ...activations,
  ...convolution,
  ...pooling,
  ...norm,
  ...recurrent,
  TimeDistributed: timeDistributed,
};

/** Classes of tfjs-layers that can be described. */
export const describedLayers = (): readonly string[] => ['InputLayer', ...Object.keys(DESCRIBERS)].sort();

/** What describes a layer. Throws E_UNSUPPORTED naming its class and those that are supported. */
export function describerOf(pad: Pick<Sketchpad, 'layer' | 'name' | 'refuse'>): Describe {
  const kind = pad.layer.getClassName();
  // Masks pass between layers beside the tensors: they would have to be tensors of the graph.
  if (kind === 'Embedding' && pad.layer['maskZero'] === true) throw pad.refuse('with maskZero');
  const found = Object.hasOwn(DESCRIBERS, kind) ? DESCRIBERS[kind] : undefined;
  if (found !== undefined) return found;
  const remedy = `Supported are: ${describedLayers().join(', ')}.`;
  throw new LayerdiffError('E_UNSUPPORTED', pad.name, `layers of class ${kind} have no description`, remedy);
}
