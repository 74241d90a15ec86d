import { LayerdiffError } from '../../harness/errors.ts';
import type { Graph, ValueInfo } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { WORKING_OPSET } from '../onnx/rule.ts';
import type { NodePad } from './graph/_node.ts';
import { type AsNode, asNode, tracedKernels } from './graph/kernels.ts';
import { DESCRIBERS } from './graph-model.ts';
import { type Canvas, type Layer, sketchpad } from './layers/_layer.ts';
import { distrustedNotes, named } from './layers-model.ts';
import type { Tfjs } from './load.ts';
import type { Part, Program, Step } from './program.ts';
import { fromTf, type TfTensor, toTf } from './tensors.ts';
import { type Kernel, traced } from './tracing.ts';

type Named<T> = Readonly<Record<string, T>>;

/**
 * A network as a plain function of TensorFlow.js: from its inputs and parameters, by name, to its outputs: one tensor (`loss` where it is a
 * scalar, else `output`), or several by name. `name(label, tensor)` gives a tensor on the way a name, and returns it.
 */
export type TfFunction = (
  inputs: Named<TfTensor>,
  parameters: Named<TfTensor>,
  name: <T extends TfTensor>(label: string, tensor: T) => T,
) => TfTensor | Named<TfTensor>;

/** What a function is run with: the shapes of the inputs are those of the network. */
export interface FunctionOptions {
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly parameters?: ReadonlyMap<string, TensorSource>;
}

/**
 * A function as a program: run once, every kernel that it runs is a step, run again as it was, and described in ONNX's operators.
 * @throws E_UNSUPPORTED naming a kernel that has no description
 */
export function functionProgram(tfjs: Tfjs, f: TfFunction, name: string, options: FunctionOptions): Program {
  const { core } = tfjs;
  const { inputs, parameters = new Map<string, TensorSource>() } = options;
  const canvas: Canvas = {
    nodes: [],
    initializers: new Map(parameters),
    weights: new Map(),
    training: false,
    distrusted: new Map(),
  };
  const parts: Part[] = [];
  const names = new Map<number, string>();
  const outputs: ValueInfo[] = [];
  core.tidy(() => {
    const given = handedOver(tfjs, inputs, names);
    const held = handedOver(tfjs, parameters, names);
    const labels = new Map<number, string>();
    const label = <T extends TfTensor>(text: string, tensor: T): T => (labels.set(tensor.id, text), tensor);
    const { result, kernels } = traced(core, () => f(given, held, label));
    const ends = resultsOf(core, result);
    for (const [end, tensor] of ends) labels.set(tensor.id, end);
    const taken = new Set([...inputs.keys(), ...parameters.keys(), ...labels.values()]);
    for (const kernel of leadingTo(
      kernels,
      ends.map(([, tensor]) => tensor.id),
    )) {
      parts.push(kernelPart(tfjs, kernel, { canvas, names, labels, taken }));
    }
    for (const [end, tensor] of ends) {
      if (!names.has(tensor.id)) throw broken(name, `its output "${end}" does not depend on its inputs`);
      outputs.push({ name: names.get(tensor.id) as string, dtype: 'float32', shape: [...tensor.shape] });
    }
  });
  const graph: Graph = {
    name,
    nodes: parts.flatMap((part) => part.nodes),
    inputs: [...inputs].map(([input, { dtype, shape }]) => ({ name: input, dtype, shape })),
    outputs,
    initializers: canvas.initializers,
    opset: new Map([['', WORKING_OPSET]]),
  };
  return { graph, parts, notes: distrustedNotes(canvas) };
}

function handedOver({ core }: Tfjs, sources: ReadonlyMap<string, TensorSource>, names: Map<number, string>) {
  return Object.fromEntries(
    [...sources].map(([name, source]) => {
      const tensor = toTf(core, source.read(), name);
      names.set(tensor.id, name);
      return [name, tensor];
    }),
  );
}

function resultsOf(core: Tfjs['core'], result: unknown): readonly (readonly [string, TfTensor])[] {
  if (result instanceof core.Tensor) return [[result.rank === 0 ? 'loss' : 'output', result]];
  const entries = Object.entries((result ?? {}) as Record<string, TfTensor>);
  if (entries.length > 0 && entries.every(([, tensor]) => tensor instanceof core.Tensor)) return entries;
  throw broken('function', 'it returns neither a tensor nor tensors by name');
}

const broken = (place: string, reason: string): LayerdiffError =>
  new LayerdiffError('E_REFERENCE', place, reason, 'Return the tensors that it computes, by name.');

/** Only what an output is made of. */
function leadingTo(kernels: readonly Kernel[], ends: readonly number[]): readonly Kernel[] {
  const wanted = new Set(ends);
  const needed = kernels.toReversed().filter((kernel) => {
    if (!kernel.outputs.some((tensor) => wanted.has(tensor.id))) return false;
    for (const [, tensor] of kernel.inputs) wanted.add(tensor.id);
    return true;
  });
  return needed.reverse();
}

interface Naming {
  readonly canvas: Canvas;
  readonly names: Map<number, string>;
  readonly labels: ReadonlyMap<number, string>;
  readonly taken: Set<string>;
}

function kernelPart(tfjs: Tfjs, kernel: Kernel, naming: Naming): Part {
  const { canvas, names, labels, taken } = naming;
  const translated = asNode(
    kernel.name,
    kernel.attrs,
    kernel.inputs.map(([slot]) => slot),
  );
  if (translated === null) {
    const remedy = `Supported are: ${tracedKernels().join(', ')}.`;
    throw new LayerdiffError('E_UNSUPPORTED', kernel.name, 'this kernel has no description', remedy);
  }
  const outputs = kernel.outputs.map((tensor) => labels.get(tensor.id) ?? free(kernel.name, taken));
  const [first] = outputs as [string];
  const from = canvas.nodes.length;
  const pad = kernelPad(first, kernel, translated, naming);
  const described = DESCRIBERS[translated.op]?.(pad);
  if (described === undefined) throw pad.refuse('');
  const results = typeof described === 'string' ? [described] : described;
  const written = canvas.nodes.splice(from);
  const nodes = results.reduce<Part['nodes']>((all, result, i) => named(all, result, outputs[i] as string), written);
  canvas.nodes.push(...nodes);
  for (const [i, tensor] of kernel.outputs.entries()) names.set(tensor.id, outputs[i] as string);
  return { nodes, own: canvas.distrusted.has(first) ? null : ownStep(tfjs, kernel, first, outputs, names, nodes) };
}

function free(kernel: string, taken: Set<string>): string {
  let name = kernel;
  for (let i = 2; taken.has(name); i++) name = `${kernel}_${i}`;
  taken.add(name);
  return name;
}

function kernelPad(
  name: string,
  kernel: Kernel,
  { op, inputs, attributes = {}, numbers = {} }: AsNode,
  naming: Naming,
): NodePad {
  const stand = { name, weights: [], getClassName: () => kernel.name } as unknown as Layer;
  const slots = new Map(kernel.inputs);
  const read = (slot: string): string => {
    const tensor = slots.get(slot);
    return tensor === undefined ? '' : nameOf(tensor, pad, naming);
  };
  const shapes = inputs.map((slot) => [...(slots.get(slot)?.shape ?? [])]);
  const base = sketchpad(naming.canvas, stand, { name, inputs: [], shapes, outputShapes: [] });
  const pad: NodePad = {
    ...base,
    node: { name, op, inputNames: [], attrParams: {} },
    get inputs() {
      return inputs.map(read);
    },
    input: (slot) => read(inputs.at(slot) ?? ''),
    attribute: <T>(key: string, otherwise: T) => (attributes[key] as T | undefined) ?? otherwise,
    numbers: (slot) => numbers[slot] ?? [],
  };
  return pad;
}

/** A tensor's name; one that the function made out of nothing is a constant. */
function nameOf(tensor: TfTensor, pad: Pick<NodePad, 'constant'>, { names }: Naming): string {
  const known = names.get(tensor.id);
  if (known !== undefined) return known;
  const dtype = tensor.dtype === 'bool' ? 'bool' : tensor.dtype === 'int32' ? 'int32' : 'float32';
  return pad.constant(fromTf(tensor, dtype));
}

/** The kernel again, on other tensors; what the function made out of nothing is as it was. */
function ownStep(
  { core }: Tfjs,
  kernel: Kernel,
  label: string,
  outputs: readonly string[],
  names: ReadonlyMap<number, string>,
  nodes: Part['nodes'],
): Step {
  const reads = new Set(nodes.flatMap((node) => node.inputs));
  const constants = new Map(
    kernel.inputs.flatMap(([slot, tensor]) =>
      names.has(tensor.id)
        ? []
        : [[slot, { data: tensor.dataSync().slice(), shape: tensor.shape, dtype: tensor.dtype }]],
    ),
  );
  const read = [...new Set(kernel.inputs.flatMap(([, tensor]) => names.get(tensor.id) ?? []))].filter((n) =>
    reads.has(n),
  );
  return {
    label,
    kind: kernel.name,
    inputs: read,
    outputs,
    run(tensors) {
      const given = kernel.inputs.map(([slot, tensor]) => {
        const made = constants.get(slot);
        if (made !== undefined) return [slot, core.tensor(made.data, [...made.shape], made.dtype)] as const;
        return [slot, tensors[read.indexOf(names.get(tensor.id) as string)] as TfTensor] as const;
      });
      const inputs = kernel.listed ? given.map(([, tensor]) => tensor) : Object.fromEntries(given);
      const result = core.engine().runKernel(kernel.name, inputs as never, kernel.attrs as never) as
        | TfTensor
        | TfTensor[];
      return Array.isArray(result) ? result : [result];
    },
  };
}
