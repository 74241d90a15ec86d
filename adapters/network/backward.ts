import { sameShape } from '../../harness/shape.ts';
import { sourceOf } from '../../harness/tensor.ts';
import { broken, guarded, listed, named } from './errors.ts';
import type { Executed } from './forward.ts';
import { adoptParameter, hasGradient, proveUnchanged, proveUse, type Recording } from './recording.ts';
import { copyOf, isNumbers, isShaped } from './tensors.ts';
import type { Gradients, NetworkTensor, Numbers } from './types.ts';

/** What is known of the gradient of a tensor: the sum so far, or that some use's share is not known. */
type Share = { readonly sum: Numbers } | 'unknown';
type Shares = Map<string, Share>;
type Returned = Exclude<Gradients, ArrayLike<number>>;

/**
 * Walks the layers from the last to the first. A gradient is recorded only where every use has told its share: a part is
 * not the total. Throws E_SUBJECT naming the layer.
 */
export async function runBackward(
  recording: Recording,
  executed: readonly Executed[],
  seeds: ReadonlyMap<string, Numbers>,
): Promise<void> {
  const shares: Shares = new Map();
  for (const [name, data] of seeds) addShare(recording, shares, name, data, `seed of "${name}"`);
  for (const step of executed.toReversed()) {
    const arrived = step.plan.outputs.map((name) => shares.get(name));
    if (arrived.every((share) => share === undefined)) continue;
    const { backward } = step.plan.layer;
    if (backward && !arrived.includes('unknown')) await runLayer(recording, shares, step);
    else for (const name of [...step.plan.inputs, ...step.parameters]) shares.set(name, 'unknown');
  }
  for (const [name, share] of shares) {
    const live = recording.live.get(name);
    if (share !== 'unknown' && live && hasGradient(recording, name)) {
      recording.gradients.set(name, sourceOf(copyOf(share.sum, live.tensor.shape)));
    }
  }
}

async function runLayer(recording: Recording, shares: Shares, step: Executed): Promise<void> {
  const { plan, context, outputs } = step;
  const place = `${plan.place}, backward`;
  const reads = [...plan.inputs, ...plan.outputs, ...step.parameters];
  for (const read of plan.inputs) proveUse(recording, plan, 'in its backward pass', read);
  const arrived = new Map([...outputs].map(([output, tensor]) => [output, gradientOf(shares, output, tensor)]));
  const kept = new Map([...arrived].map(([output, data]) => [output, data.slice()]));
  const result = await guarded(place, () =>
    plan.layer.backward?.({
      ...context,
      output: outputs.get(plan.outputs[0] as string) as NetworkTensor,
      gradient: arrived.get(plan.outputs[0] as string) as Numbers,
      outputs: named(outputs, place, 'output'),
      gradients: named(arrived, place, 'gradient'),
    }),
  );
  proveUnchanged(recording, plan, 'in its backward pass', reads);
  // The layer may have used the arrived gradient as scratch space; what arrived is what is recorded.
  for (const [output, data] of kept) shares.set(output, { sum: data });
  takeInputs(recording, shares, step, returnedFrom(result, place), place);
  takeParameters(recording, shares, step, returnedFrom(result, place), place);
}

/** What arrived at an output; zeros where nothing that leads to the loss uses it. */
function gradientOf(shares: Shares, name: string, { data }: NetworkTensor): Numbers {
  const share = shares.get(name);
  return share === undefined || share === 'unknown' ? data.slice().fill(0) : share.sum;
}

function returnedFrom(result: Gradients | undefined, place: string): Returned {
  if (isNumbers(result)) return { input: result };
  if (typeof result === 'object' && result !== null && !isShaped(result)) return result as Returned;
  throw broken(place, 'returned no gradients', 'Return { input, parameters }, or { inputs, parameters }.');
}

function takeInputs(recording: Recording, shares: Shares, { plan }: Executed, result: Returned, place: string): void {
  const { inputs, input } = result;
  const given: [string, ArrayLike<number> | null | undefined][] = [];
  if (Array.isArray(inputs)) {
    if (inputs.length > plan.inputs.length) {
      throw broken(place, `returned ${inputs.length} input gradients`, `It reads: ${listed(plan.inputs)}.`);
    }
    plan.inputs.forEach((name, i) => given.push([name, inputs[i]]));
  } else {
    const record = (inputs ?? {}) as Readonly<Record<string, ArrayLike<number> | null>>;
    const only = plan.inputs[0];
    if (input !== undefined && only !== undefined) given.push([only, input]);
    for (const [name, data] of Object.entries(record)) given.push([name, data]);
    for (const name of plan.inputs) if (!given.some(([n]) => n === name)) given.push([name, undefined]);
  }
  for (const [name, data] of given) {
    if (!plan.inputs.includes(name)) {
      throw broken(place, `returned a gradient of the input "${name}"`, `It reads: ${listed(plan.inputs)}.`);
    }
    addShare(recording, shares, name, data, `${place}, gradient of "${name}"`);
  }
}

function takeParameters(recording: Recording, shares: Shares, step: Executed, result: Returned, place: string): void {
  const given = result.parameters ?? {};
  for (const [name, data] of Object.entries(given)) {
    adoptParameter(recording, name, place);
    if (!recording.adopted.has(name)) {
      const remedy = `This layer's parameters are ${listed(step.parameters)}.`;
      throw broken(place, `returned a gradient of "${name}", which is no parameter`, remedy);
    }
    addShare(recording, shares, name, data, `${place}, gradient of "${name}"`);
  }
  // Only what the layer declares: code that merely looks at a parameter may not use it.
  for (const name of step.plan.layer.parameters ?? []) if (!Object.hasOwn(given, name)) shares.set(name, 'unknown');
}

/** Adds one use's share: undefined means that it is not known, null that it is zero. */
function addShare(
  recording: Recording,
  shares: Shares,
  name: string,
  data: ArrayLike<number> | null | undefined,
  place: string,
): void {
  const before = shares.get(name);
  if (data === undefined) shares.set(name, 'unknown');
  if (data === undefined || data === null || before === 'unknown') return;
  const { tensor } = recording.live.get(name) as { tensor: NetworkTensor };
  const numbers = numbersFrom(data, tensor, place);
  if (before === undefined) shares.set(name, { sum: copyOf(numbers, tensor.shape).data as Numbers });
  else for (let i = 0; i < numbers.length; i++) before.sum[i] = (before.sum[i] as number) + (numbers[i] as number);
}

/** Proves that a gradient has the size, and where it says one the shape, of its tensor. */
function numbersFrom(data: unknown, tensor: NetworkTensor, place: string): ArrayLike<number> {
  const numbers = isShaped(data) ? data.data : data;
  if (!isNumbers(numbers)) throw broken(place, 'is no array of numbers', 'Return a Float32Array.');
  const fits = numbers.length === tensor.data.length && (!isShaped(data) || sameShape(data.shape, tensor.shape));
  if (!fits) {
    const has = isShaped(data) ? `the shape [${data.shape.join(', ')}]` : `${numbers.length} elements`;
    const wanted = `the tensor's shape is [${tensor.shape.join(', ')}], ${tensor.data.length} elements`;
    throw broken(place, `has ${has}; ${wanted}`, 'Return a gradient of the same shape as its tensor.');
  }
  return numbers;
}
