import { broken, guarded, listed, named } from './errors.ts';
import { adoptParameter, proveUnchanged, proveUse, type Recording, recordValue } from './recording.ts';
import type { PlannedLayer } from './structure.ts';
import { isNumbers, isShaped, shapedFrom } from './tensors.ts';
import type { Computed, ForwardContext, Named, NetworkTensor } from './types.ts';

/** A layer that has run: what its backward pass is given again. */
export interface Executed {
  readonly plan: PlannedLayer;
  readonly context: ForwardContext;
  readonly outputs: ReadonlyMap<string, NetworkTensor>;
  /** Parameters that it declared, or asked the context for. */
  readonly parameters: ReadonlySet<string>;
}

/** Runs one layer and records what it wrote. Throws E_SUBJECT naming the layer. */
export async function runForward(
  recording: Recording,
  plan: PlannedLayer,
  parameters: ReadonlyMap<string, NetworkTensor>,
): Promise<Executed> {
  const { layer, place } = plan;
  for (const input of plan.inputs) proveUse(recording, plan, 'in its forward pass', input);
  const used = new Set(layer.parameters ?? []);
  const context = contextFor(recording, plan, parameters, used);
  const result = await guarded(`${place}, forward`, () => layer.forward(context));
  const outputs = outputsFrom(result, plan, context);
  // Changes are looked for before the outputs are recorded: an output may lie in an input's memory.
  proveUnchanged(recording, plan, 'in its forward pass', [...plan.inputs, ...used]);
  for (const [output, tensor] of outputs) {
    if (recording.adopted.has(output)) {
      throw broken(place, `writes "${output}", which is a parameter's name`, 'Rename one of the two, with "names".');
    }
    recordValue(recording, output, tensor);
    recording.order.push(output);
  }
  return { plan, context, outputs, parameters: used };
}

function contextFor(
  recording: Recording,
  { layer, inputs, place }: PlannedLayer,
  parameters: ReadonlyMap<string, NetworkTensor>,
  used: Set<string>,
): ForwardContext {
  const read = new Map(inputs.map((n) => [n, recording.live.get(n)?.tensor as NetworkTensor]));
  for (const name of layer.parameters ?? []) {
    if (!parameters.has(name)) {
      throw broken(place, `declares the parameter "${name}"`, `There are: ${listed(parameters.keys())}.`);
    }
    adoptParameter(recording, name, place);
  }
  return {
    input: read.get(inputs[0] ?? '') ?? { data: new Float32Array(0), shape: [0] },
    inputs: named(read, place, 'input'),
    parameters: named(parameters, place, 'parameter', (name) => {
      used.add(name);
      adoptParameter(recording, name, place);
    }),
    saved: {},
  };
}

function outputsFrom(
  result: Computed | Named<Computed> | undefined,
  { outputs, inputs, place }: PlannedLayer,
  context: ForwardContext,
): ReadonlyMap<string, NetworkTensor> {
  const like = inputs.length > 0 ? context.input : null;
  const at = `${place}, forward`;
  const record = byName(result);
  if (outputs.length === 1) {
    const only = outputs[0] as string;
    const tensor = record !== null && Object.hasOwn(record, only) ? record[only] : (result as Computed);
    return new Map([[only, shapedFrom(tensor, like, at)]]);
  }
  if (record === null) throw broken(at, 'returned one tensor', `Return one by name: ${listed(outputs)}.`);
  const extra = Object.keys(record).filter((name) => !outputs.includes(name));
  if (extra.length > 0) throw broken(at, `returned ${listed(extra)}`, `Name it in "outputs": ${listed(outputs)}.`);
  return new Map(outputs.map((name) => [name, shapedFrom(record[name], like, `${at}, output "${name}"`)]));
}

/** Outputs by name, as against one tensor; null for the latter. */
const byName = (value: unknown): Named<Computed> | null =>
  typeof value === 'object' && value !== null && !isNumbers(value) && !isShaped(value)
    ? (value as Named<Computed>)
    : null;
