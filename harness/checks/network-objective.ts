import { LayerdiffError } from '../errors.ts';
import { fromNumbers, sourceOf, toNumbers } from '../tensor.ts';
import type { Subject, SubjectRequest } from '../types/adapter.ts';
import type { Trace } from '../types/trace.ts';
import { type Objective, rootMeanSquare } from './gradient-check.ts';
import type { Weights } from './oracle-objective.ts';

/** Round-off of a float32 evaluation, relative to its result: four units, an assumption. */
const ROUND_OFF = 2 ** -22;

/**
 * Σ ⟨weight, tensor⟩ as a hand-written network computes it, in its own arithmetic. Each evaluation is one run of it, with one parameter
 * or input moved; its own backward pass is not used.
 * @param weights by the network's own names
 */
export function networkObjective(subject: Subject, request: SubjectRequest, base: Trace, weights: Weights): Objective {
  const [value, size] = sum(weights, base);
  return {
    value,
    noise: ROUND_OFF * size,
    async at(tensor, moved) {
      const run = await subject.run(replaced(request, tensor, moved));
      return sum(weights, run.trace)[0];
    },
  };
}

/** The request with one tensor moved, rounded to the type that it has. */
function replaced({ inputs, parameters }: SubjectRequest, tensor: string, moved: Float64Array): SubjectRequest {
  const change = (tensors: SubjectRequest['inputs']): SubjectRequest['inputs'] => {
    const source = tensors.get(tensor);
    if (source === undefined) return tensors;
    return new Map([...tensors, [tensor, sourceOf(fromNumbers(source.dtype, source.shape, moved))]]);
  };
  return { inputs: change(inputs), parameters: change(parameters) };
}

function sum(weights: Weights, trace: Trace): [number, number] {
  let [total, size] = [0, 0];
  for (const [name, weight] of weights) {
    const data = toNumbers(recordedIn(trace, name));
    for (let i = 0; i < data.length; i++) total += (weight[i] as number) * (data[i] as number);
    size += Math.max(Math.abs(total), rootMeanSquare(data) * rootMeanSquare(weight) * Math.sqrt(data.length));
  }
  return [total, size];
}

function recordedIn(trace: Trace, name: string) {
  const source = trace.values.get(name);
  if (source !== undefined) return source.read();
  const names = [...trace.values.keys()].join(', ');
  throw new LayerdiffError('E_LOSS', name, 'the network records no such tensor', `It records ${names}.`);
}
