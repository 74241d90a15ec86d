import { LayerdiffError, isLayerdiffError } from '../../harness/errors.ts';
import { allocate, isFloat } from '../../harness/tensor.ts';
import { sizeOf } from '../../harness/shape.ts';
import type { ReplayRequest, TensorType } from '../../harness/types/adapter.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Answer } from '../../harness/types/trace.ts';
import type { Backends } from './backends.ts';
import type { Tfjs } from './load.ts';
import { type Flow, flowOf } from './flow.ts';
import type { Step } from './program.ts';
import { fromTf, type TfTensor, toTf } from './tensors.ts';
import { vectorJacobian } from './vjp.ts';

/** A request and all that is needed to answer it. */
export interface Replay {
  readonly tfjs: Tfjs;
  readonly backends: Backends;
  readonly steps: readonly Step[];
  readonly request: ReplayRequest;
  /** Inputs and parameters. */
  readonly held: ReadonlyMap<string, TensorSource>;
  /** What is read in the place of a tensor: the recorded values. */
  readonly cuts: ReadonlyMap<string, TensorSource>;
  readonly seeds: ReadonlyMap<string, TensorSource>;
  readonly types: ReadonlyMap<string, TensorType>;
}

/** Values in order of execution, then gradients from the last layer to the first. What TensorFlow.js holds is released at the end. */
export async function* replay(run: Replay): AsyncGenerator<Answer> {
  const computed = new Map<string, TfTensor>();
  const flow = flowOf(run);
  try {
    yield* forward(run, flow, computed);
    if (run.request.wantGradients.length > 0) yield* backward(run, flow, computed);
  } finally {
    for (const tensor of computed.values()) tensor.dispose();
  }
}

function* forward(run: Replay, flow: Flow, computed: Map<string, TfTensor>): Generator<Answer> {
  const { request, held, types } = run;
  const wanted = new Set(request.wantValues);
  for (const name of wanted) {
    const source = held.get(name);
    if (source !== undefined) yield { name, direction: 'forward', tensor: source.read() };
  }
  for (const step of flow.forward) {
    const outputs = forwardStep(run, step, computed);
    for (const [slot, name] of step.outputs.entries()) {
      const tensor = outputs[slot] ?? null;
      if (name === '' || tensor === null) {
        tensor?.dispose();
        if (wanted.has(name)) throw withheld(name, step);
        continue;
      }
      if (wanted.has(name)) {
        yield { name, direction: 'forward', tensor: fromTf(tensor, (types.get(name) as TensorType).dtype) };
      }
      // What is read from the recording need not be kept.
      if (run.cuts.has(name) || !flow.read.has(name)) tensor.dispose();
      else computed.set(name, tensor);
    }
    for (const name of flow.lastReads.get(step) ?? []) {
      computed.get(name)?.dispose();
      computed.delete(name);
    }
  }
}

/** Runs a step on what it reads; the outputs are the caller's to dispose of. */
function forwardStep(run: Replay, step: Step, computed: ReadonlyMap<string, TfTensor>): readonly (TfTensor | null)[] {
  const { core } = run.tfjs;
  try {
    return run.backends.run(step.kind, 'forward', () => {
      // Copies: an output may be an input, unchanged.
      const outputs = core.tidy(() => {
        const made = step.run(step.inputs.map((name) => read(run, name, computed)));
        return made.map((output) => output && core.clone(output)) as TfTensor[];
      });
      return outputs as (TfTensor | null)[];
    });
  } catch (error) {
    throw failed(step, error);
  }
}

/** What a step reads: the recording where there is one. Inside a tidy: what is made here goes with it. */
function read(run: Replay, name: string, computed: ReadonlyMap<string, TfTensor>): TfTensor {
  const source = run.cuts.get(name) ?? run.held.get(name);
  if (source !== undefined) return toTf(run.tfjs.core, source.read(), name);
  const tensor = computed.get(name);
  if (tensor === undefined) throw new Error(`"${name}" was not computed`);
  return tensor;
}

function* backward(run: Replay, flow: Flow, computed: ReadonlyMap<string, TfTensor>): Generator<Answer> {
  const arrived = new Map<string, TfTensor>();
  const refused = new Map<string, LayerdiffError>();
  const wanted = new Set(run.request.wantGradients);
  const answer = (name: string): Answer | null => {
    wanted.delete(name);
    const error = refused.get(name);
    if (error === undefined) return { name, direction: 'backward', tensor: gradientOf(run, name, arrived) };
    if (run.request.refused === undefined) throw error;
    run.request.refused(name, error.message);
    return null;
  };
  try {
    if (run.request.loss !== null)
      add(run, arrived, run.request.loss, run.tfjs.core.ones([...shapeOf(run, run.request.loss)]));
    for (const step of flow.backward) {
      for (const name of step.outputs.filter((output) => wanted.has(output))) {
        const given = answer(name);
        if (given !== null) yield given;
      }
      if (flow.active.has(step)) stepBack(run, flow, step, computed, arrived, refused);
      for (const name of step.outputs) {
        arrived.get(name)?.dispose();
        arrived.delete(name);
      }
    }
    for (const name of wanted) {
      const given = answer(name);
      if (given !== null) yield given;
    }
  } finally {
    for (const tensor of arrived.values()) tensor.dispose();
  }
}

/** Adds what one step sends back to what has arrived at its inputs. */
function stepBack(
  run: Replay,
  flow: Flow,
  step: Step,
  computed: ReadonlyMap<string, TfTensor>,
  arrived: Map<string, TfTensor>,
  refused: Map<string, LayerdiffError>,
): void {
  const targets = step.inputs.filter((name) => flow.needed.has(name));
  const blocked = step.outputs.map((name) => (run.seeds.has(name) ? undefined : refused.get(name))).find(Boolean);
  if (blocked !== undefined) {
    for (const name of targets) refused.set(name, blocked);
    return;
  }
  const { core } = run.tfjs;
  const backwards = (taken: Step): Record<string, TfTensor> =>
    run.backends.run(taken.kind, 'backward', () =>
      core.tidy(() => {
        const inputs = taken.inputs.map((name) => read(run, name, computed));
        const cotangents = taken.outputs.map((name) => {
          const seed = run.seeds.get(name);
          return seed === undefined ? arrived.get(name) : toTf(core, seed.read(), name);
        });
        return vectorJacobian(run.tfjs, taken, inputs, cotangents, targets);
      }),
    );
  try {
    const gradients = ownOrOther(run, step, backwards);
    for (const [name, gradient] of Object.entries(gradients)) add(run, arrived, name, gradient);
  } catch (error) {
    const noGradient = withoutGradient(step, error);
    if (noGradient === null) throw failed(step, error);
    for (const name of targets) refused.set(name, noGradient);
  }
}

/** By the layer's own code or, where TensorFlow.js has no gradient of that or throws, by the operators of its description. */
function ownOrOther<T>(run: Replay, step: Step, backwards: (step: Step) => T): T {
  try {
    return backwards(step);
  } catch (error) {
    if (step.otherwise === undefined || isLayerdiffError(error)) throw error;
    const result = backwards({ ...step, kind: `${step.kind} (described)`, run: step.otherwise });
    run.backends.note(
      `TensorFlow.js fails at the gradient of ${step.label} (${step.kind}): other operators of its gave it`,
    );
    return result;
  }
}

/** Takes over `gradient`. */
function add(run: Replay, arrived: Map<string, TfTensor>, name: string, gradient: TfTensor): void {
  const before = arrived.get(name);
  if (before === undefined) return void arrived.set(name, gradient);
  arrived.set(
    name,
    run.backends.run('Add', 'forward', () => run.tfjs.core.add(before, gradient)),
  );
  before.dispose();
  gradient.dispose();
}

function gradientOf(run: Replay, name: string, arrived: ReadonlyMap<string, TfTensor>): Tensor {
  const tensor = arrived.get(name);
  const { dtype } = run.types.get(name) as TensorType;
  const shape = shapeOf(run, name);
  if (tensor !== undefined) return { ...fromTf(tensor, dtype), shape };
  return { dtype, shape, data: allocate(isFloat(dtype) ? (dtype as 'float32') : 'float32', sizeOf(shape)) };
}

const shapeOf = (run: Replay, name: string): readonly number[] => (run.types.get(name) as TensorType).shape;

const withheld = (name: string, step: Step): LayerdiffError =>
  new LayerdiffError(
    'E_UNSUPPORTED',
    name,
    `TensorFlow.js does not give this output of ${step.label} (${step.kind})`,
    'Leave it out of what is compared.',
  );

function withoutGradient(step: Step, error: unknown): LayerdiffError | null {
  if (isLayerdiffError(error)) return error.code === 'E_NO_GRADIENT' || error.code === 'E_UNSUPPORTED' ? error : null;
  const message = String((error as Error)?.message ?? error).split('\n')[0] as string;
  if (!/gradient|not yet supported|not registered|not supported/i.test(message)) return null;
  const reason = `TensorFlow.js has no gradient of it (${step.kind}): ${message.replace(/\.$/, '')}`;
  return new LayerdiffError(
    'E_NO_GRADIENT',
    step.label,
    reason,
    'Use an ONNX model as the reference for its gradient.',
    {
      cause: error,
    },
  );
}

function failed(step: Step, error: unknown): unknown {
  if (isLayerdiffError(error)) return error;
  const message = String((error as Error)?.message ?? error).split('\n')[0] as string;
  const shapes = /shape|dimension|rank|broadcast|size/i.test(message);
  return new LayerdiffError(
    shapes ? 'E_SHAPE' : 'E_REFERENCE',
    step.label,
    `TensorFlow.js says: ${message.replace(/\.$/, '')}`,
    shapes ? 'Check the shapes of what feeds this layer.' : 'Check that TensorFlow.js runs this model by itself.',
    { cause: error },
  );
}
