import { closest } from '../../harness/closest.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import type { ValueInfo } from '../../harness/types/graph.ts';
import type { Canvas, Layer } from './layers/_layer.ts';
import { sketchpad } from './layers/_layer.ts';
import { describeLoss, describedLosses, WHOLE_LABELS } from './layers/losses.ts';
import type { Tfjs } from './load.ts';
import type { Part, Step } from './program.ts';
import type { TfTensor } from './tensors.ts';

/** A loss of tfjs-layers by its name, one for all outputs or one an output by name; null: none, whatever the model says. */
export type LossChoice = string | Readonly<Record<string, string>> | null;

/** What the loss adds to the graph: its labels and itself. */
export interface AddedLoss {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** What a model was compiled with. */
interface Compiled {
  /** A sequential model's network. */
  readonly model?: Compiled;
  readonly loss?: unknown;
  readonly lossFunctions?: readonly LossFunction[];
}
type LossFunction = (labels: TfTensor, output: TfTensor) => TfTensor;

/**
 * Adds the loss that was chosen, or that the model was compiled with: `loss`, the mean over the samples, summed over outputs; each output's labels
 * are the input `target` (`target_OUTPUT` where there are several).
 * @throws E_OPTION for a loss that tfjs-layers or the description does not have
 */
export function addLoss(
  tfjs: Tfjs,
  model: unknown,
  outputs: readonly ValueInfo[],
  choice: LossChoice | undefined,
  canvas: Canvas,
  parts: Part[],
): AddedLoss {
  const outer = model as Compiled;
  const chosen = choice === undefined ? nameOf(outer.loss) : choice;
  if (chosen === null || chosen === undefined) return { inputs: [], outputs: [] };
  const names = outputs.map(({ name }) => camel(typeof chosen === 'string' ? chosen : (chosen[name] ?? '')));
  for (const name of names) proveKnown(name);
  const functions =
    choice === undefined ? (outer.model ?? outer).lossFunctions : names.map((name) => lossFunction(tfjs, name));
  if (functions === undefined) return { inputs: [], outputs: [] };
  const labels = outputs.map(({ name }) => (outputs.length === 1 ? 'target' : `target_${name}`));
  const single = outputs.length === 1;
  const each = outputs.map((output, i) => {
    const name = single ? 'loss' : `loss_${output.name}`;
    const kind = names[i] as string;
    const f = functions[i] as LossFunction;
    return lossPart(tfjs, canvas, { name, kind, output: output.name, labels: labels[i] as string, f, parts });
  });
  if (!single) addSum(canvas, parts, each);
  return {
    inputs: outputs.map(({ shape }, i) => labelsInfo(labels[i] as string, names[i] as string, shape)),
    outputs: [{ name: 'loss', dtype: 'float32', shape: [] }],
  };
}

/** TensorFlow.js's own function for a loss: what a network compiled with it has. */
function lossFunction({ layers }: Tfjs, loss: string): LossFunction {
  const network = layers.sequential({ layers: [layers.layers.dense({ units: 1, inputShape: [1] })] });
  network.compile({ optimizer: 'sgd', loss });
  const { model } = network as unknown as { model: Compiled };
  return (model.lossFunctions as readonly LossFunction[])[0] as LossFunction;
}

/** Sparse labels are whole numbers, one a sample; others have the output's shape. */
function labelsInfo(name: string, kind: string, shape: ValueInfo['shape']): ValueInfo {
  return WHOLE_LABELS.has(kind) ? { name, dtype: 'int32', shape: null } : { name, dtype: 'float32', shape };
}

interface OneLoss {
  readonly name: string;
  readonly kind: string;
  readonly output: string;
  readonly labels: string;
  readonly f: LossFunction;
  readonly parts: Part[];
}

function lossPart({ core }: Tfjs, canvas: Canvas, { name, kind, output, labels, f, parts }: OneLoss): string {
  const from = canvas.nodes.length;
  const stand = { name, weights: [], getClassName: () => kind } as unknown as Layer;
  const pad = sketchpad(canvas, stand, { name, inputs: [labels, output], shapes: [], outputShapes: [] });
  const result = describeLoss(pad, kind);
  const partOf = { name, kind };
  const nodes = canvas.nodes.splice(from).map((node) => ({
    ...node,
    partOf,
    name: node.outputs[0] === result ? name : node.name,
    outputs: node.outputs.map((tensor) => (tensor === result ? name : tensor)),
  }));
  canvas.nodes.push(...nodes);
  const own: Step = {
    label: name,
    kind,
    inputs: [labels, output],
    outputs: [name],
    // tfjs-layers takes labels of classes as floats.
    run: ([truth, prediction]) => [core.mean(f(core.cast(truth as TfTensor, 'float32'), prediction as TfTensor))],
  };
  parts.push({ nodes, own });
  return name;
}

function addSum(canvas: Canvas, parts: Part[], names: readonly string[]): void {
  const node = { name: 'loss', op: 'Sum', domain: '', inputs: names, outputs: ['loss'], attributes: {} };
  canvas.nodes.push(node);
  parts.push({ nodes: [node], own: null });
}

function proveKnown(name: string): void {
  const known = describedLosses();
  if (known.includes(name)) return;
  const near = closest(name, known);
  const meant = near === null ? '' : `Did you mean "${near}"? `;
  const reason = `TensorFlow.js's layers have no such loss, or it has no description`;
  throw new LayerdiffError('E_OPTION', `loss "${name}"`, reason, `${meant}There are: ${known.join(', ')}.`);
}

/** `categorical_crossentropy`, `mse` and `MSE` as TensorFlow.js spells them. */
function camel(name: string): string {
  const short: Record<string, string> = {
    mse: 'meanSquaredError',
    mae: 'meanAbsoluteError',
    mape: 'meanAbsolutePercentageError',
    msle: 'meanSquaredLogarithmicError',
    kld: 'kullbackLeiblerDivergence',
    cosine: 'cosineProximity',
  };
  return short[name.toLowerCase()] ?? name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function nameOf(loss: unknown): LossChoice {
  if (typeof loss === 'string') return loss;
  if (Array.isArray(loss)) return typeof loss[0] === 'string' ? loss[0] : null;
  return typeof loss === 'object' && loss !== null ? (loss as Record<string, string>) : null;
}
