import { LayerdiffError } from '../../harness/errors.ts';
import type { TwinOptions } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { GraphBuilder } from '../onnx/index.ts';
import { WORKING_OPSET } from '../onnx/rule.ts';
import { attributesOf } from './operator-attribute.ts';
import { broken, listed } from './errors.ts';
import { ownParameters } from './own-parameters.ts';
import { type PlannedLayer, planLayers, proveNetwork } from './structure.ts';
import { numbersFor } from './twin-parameters.ts';
import type { TwinRequest } from './twin-request.ts';
import type { Network, Operator } from './types.ts';

/**
 * The same network in the framework, for who has no reference: written, as ONNX, from what the layers say they are ({@link Operator}).
 * A wrong description is a wrong reference: it is the specification that the code is held to.
 *
 * `twin()` as `reference` in a configuration, or in `toMatchReference`, is the twin of the subject; `twin(network, inputs)` is the graph,
 * which `encodeModel(graph, { inline: () => true })` makes a model file.
 * @param inputs by the reference's names: their types and shapes are the twin's
 * @throws E_UNSUPPORTED naming the layer that has no description, E_INPUT where an input is missing, E_SUBJECT for a description that
 *   reads what is not there
 */
export function twin(options?: TwinOptions): TwinRequest;
export function twin(
  network: Network,
  inputs: ReadonlyMap<string, TensorSource>,
  options?: TwinOptions,
): Promise<Graph>;
export function twin(
  first: Network | TwinOptions = {},
  inputs?: ReadonlyMap<string, TensorSource>,
  options: TwinOptions = {},
): TwinRequest | Promise<Graph> {
  return inputs === undefined
    ? { kind: 'twin', options: first as TwinOptions }
    : graphOf(first as Network, inputs, options);
}

async function graphOf(
  network: Network,
  inputs: ReadonlyMap<string, TensorSource>,
  options: TwinOptions,
): Promise<Graph> {
  proveNetwork(network);
  const place = `network "${network.name}"`;
  if (!network.layers) throw cannot(place, 'it has no layers that could say what they are', 'Write it as layers.');
  const theirs = (name: string): string => network.names?.[name] ?? name;
  const names = network.inputs ?? ownNamesOf(network, inputs);
  const parameters = numbersFor((await ownParameters(network)) ?? new Map(), inputs, options);
  const builder = new GraphBuilder(network.name, WORKING_OPSET);
  const known = new Set<string>();
  for (const name of names) {
    const source = inputs.get(theirs(name));
    if (source === undefined) throw missing(place, name, inputs);
    known.add(builder.input(theirs(name), source.dtype, source.shape));
  }
  for (const [name, source] of parameters) known.add(builder.initializer(name, source));
  const read = new Set<string>();
  const plans = planLayers(network, names);
  for (const plan of plans) addLayer(builder, plan, { theirs, known, read });
  const written = plans.flatMap(({ outputs }) => outputs.map(theirs));
  const ends = written.filter((name) => !read.has(name) || name === theirs(network.loss ?? ''));
  for (const name of ends) builder.output(name);
  return builder.graph();
}

/** Names of the graph: what there is so far, and what has been read. */
interface Names {
  readonly theirs: (own: string) => string;
  readonly known: Set<string>;
  readonly read: Set<string>;
}

function addLayer(builder: GraphBuilder, plan: PlannedLayer, names: Names): void {
  const { op } = plan.layer;
  const operators = (Array.isArray(op) ? op : [op ?? []].flat()) as readonly Operator[];
  if (operators.length === 0) {
    const remedy = "Describe it: op: { type: 'Relu' }, or any other operator of ONNX, or several in a row.";
    throw cannot(plan.place, 'it does not say which operator it is ("op"), so no twin can be made of it', remedy);
  }
  const inner = new Map<string, string>();
  let previous: readonly string[] = [...plan.inputs, ...(plan.layer.parameters ?? [])];
  for (const [i, operator] of operators.entries()) {
    const last = i === operators.length - 1;
    const wrote = operator.outputs ?? (last ? plan.outputs : [`step ${i + 1}`]);
    const name = operators.length === 1 ? plan.name : `${plan.name}/${i + 1}`;
    const inputs = (operator.inputs ?? previous).map((input, slot) =>
      typeof input === 'string'
        ? resolved(input, plan, inner, names)
        : builder.initializer(`${name}/constant ${slot + 1}`, input),
    );
    for (const output of wrote) {
      if (!plan.outputs.includes(output) && output !== '') inner.set(output, `${plan.name}/${output}`);
    }
    const outputNames = wrote.map((output) => (output === '' ? '' : (inner.get(output) ?? names.theirs(output))));
    const attributes = attributesOf(operator, plan.place);
    builder.nodes(operator.type, inputs, attributes, { name, outputNames, domain: operator.domain ?? '' });
    for (const output of outputNames) names.known.add(output);
    previous = wrote.slice(0, 1);
  }
  const absent = plan.outputs.filter((output) => !names.known.has(names.theirs(output)));
  if (absent.length > 0) {
    throw cannot(plan.place, `its "op" does not write ${listed(absent)}`, 'Name it in the outputs of an operator.');
  }
}

/** The graph's name of what an operator reads. */
function resolved(input: string, plan: PlannedLayer, inner: ReadonlyMap<string, string>, names: Names): string {
  if (input === '') return '';
  const name = inner.get(input) ?? names.theirs(input);
  if (!names.known.has(name)) {
    const remedy = `There are: ${listed(names.known)}. Parameters are the network's "parameters", or twin({ parameters }).`;
    throw broken(
      plan.place,
      `has an "op" that reads "${input}", which is no tensor before it and no parameter`,
      remedy,
    );
  }
  names.read.add(name);
  return name;
}

function ownNamesOf({ names = {} }: Network, inputs: ReadonlyMap<string, TensorSource>): string[] {
  const mine = new Map(Object.entries(names).map(([own, their]) => [their, own]));
  return [...inputs.keys()].map((name) => mine.get(name) ?? name);
}

const cannot = (place: string, reason: string, remedy: string): LayerdiffError =>
  new LayerdiffError('E_UNSUPPORTED', place, reason, remedy);

function missing(place: string, name: string, inputs: ReadonlyMap<string, TensorSource>): LayerdiffError {
  const remedy = `Given were ${listed(inputs.keys())}; its type and shape are the twin's.`;
  return new LayerdiffError('E_INPUT', place, `has an input "${name}", and a twin needs an example of it`, remedy);
}
