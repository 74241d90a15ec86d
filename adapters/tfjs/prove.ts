import { LayerdiffError } from '../../harness/errors.ts';
import { toNumbers } from '../../harness/tensor.ts';
import { sameShape } from '../../harness/shape.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import type { Backends } from './backends.ts';
import type { Tfjs } from './load.ts';
import { nodeStep } from './ops/index.ts';
import type { Part, Program, Step } from './program.ts';
import { fromTf, type TfTensor, toTf } from './tensors.ts';

/** Relative error beyond which a description does not describe: roundings are some 1e-7. */
const SAME = 1e-3;

/**
 * Runs every node of the description, and beside it each layer by its own code: the two must agree, so that oracle and diagnosis speak of what
 * TensorFlow.js computes.
 * @returns type and shape of every tensor
 * @throws E_REFERENCE naming a layer whose description gives something else; this is a bug of ours
 */
export function proveDescription(
  program: Program,
  tfjs: Tfjs,
  backends: Backends,
  inputs: ReadonlyMap<string, TensorSource>,
  elements: ReadonlyMap<string, DataType | null>,
): Map<string, TensorType> {
  const { core } = tfjs;
  const types = new Map<string, TensorType>();
  const make = nodeStep(core, program.graph);
  core.tidy(() => {
    const values = new Map<string, TfTensor>();
    const put = (name: string, tensor: TfTensor): void => {
      values.set(name, tensor);
      types.set(name, { dtype: elements.get(name) ?? ofTf(tensor), shape: [...tensor.shape] });
    };
    for (const [name, source] of [...program.graph.initializers, ...inputs]) {
      put(name, toTf(core, source.read(), name));
      types.set(name, { dtype: source.dtype, shape: source.shape });
    }
    const run = (step: Step): readonly (TfTensor | null)[] =>
      backends.run(step.kind, 'forward', () => step.run(step.inputs.map((name) => values.get(name) as TfTensor)));
    for (const part of program.parts) {
      for (const node of part.nodes) {
        for (const [slot, tensor] of runNamed(run, make(node)).entries()) {
          const name = node.outputs[slot] as string;
          if (tensor !== null && name !== '') put(name, tensor);
        }
      }
      if (part.own !== null) compare(part, runNamed(run, part.own), values);
    }
  });
  return types;
}

function runNamed(run: (step: Step) => readonly (TfTensor | null)[], step: Step): readonly (TfTensor | null)[] {
  try {
    return run(step);
  } catch (error) {
    if ((error as Error)?.name === 'LayerdiffError') throw error;
    const message = String((error as Error)?.message ?? error).split('\n')[0] as string;
    const shapes = /shape|dimension|rank|broadcast|size/i.test(message);
    const remedy = shapes ? 'Check the shapes of what feeds this layer.' : 'Check that TensorFlow.js runs this model.';
    throw new LayerdiffError(
      shapes ? 'E_SHAPE' : 'E_REFERENCE',
      step.label,
      `TensorFlow.js says: ${message.replace(/\.$/, '')}`,
      remedy,
      { cause: error },
    );
  }
}

function compare({ own }: Part, outputs: readonly (TfTensor | null)[], values: ReadonlyMap<string, TfTensor>): void {
  for (const [slot, name] of (own as Step).outputs.entries()) {
    const [theirs, ours] = [outputs[slot], values.get(name)];
    if (!theirs || !ours) continue;
    const place = (own as Step).label;
    const remedy = 'This is a bug in layerdiff: please report the configuration of this layer.';
    const kind = (own as Step).kind;
    if (!sameShape(theirs.shape, ours.shape)) {
      const reason = `${kind} gives [${theirs.shape.join(', ')}], its description [${ours.shape.join(', ')}]`;
      throw new LayerdiffError('E_REFERENCE', place, reason, remedy);
    }
    const error = relativeError(theirs, ours);
    if (error <= SAME) continue;
    const reason = `its description differs from what ${kind} gives by ${error.toExponential(1)}`;
    throw new LayerdiffError('E_REFERENCE', place, reason, remedy);
  }
}

function relativeError(a: TfTensor, b: TfTensor): number {
  const [x, y] = [a, b].map((tensor) => toNumbers(fromTf(tensor, 'float64'))) as [Float64Array, Float64Array];
  let [error, scale] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i] as number, y[i] as number];
    if (Object.is(p, q)) continue;
    error = Math.max(error, Math.abs(p - q));
    scale = Math.max(scale, Math.abs(p));
  }
  return error === 0 ? 0 : error / Math.max(scale, 1e-6);
}

const ofTf = (tensor: TfTensor): DataType =>
  tensor.dtype === 'bool' ? 'bool' : tensor.dtype === 'int32' ? 'int32' : 'float32';
