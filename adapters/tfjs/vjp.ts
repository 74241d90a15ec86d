import type { Tfjs } from './load.ts';
import type { Step } from './program.ts';
import type { TfTensor } from './tensors.ts';

/**
 * What a step sends back, by TensorFlow.js's own tape: gradients of Σ⟨output, cotangent⟩ with respect to `targets`, by name. A target on which
 * no output depends is left out. Called inside a tidy.
 * @throws TensorFlow.js's error where an operator of the step has no gradient
 */
export function vectorJacobian(
  { core }: Tfjs,
  step: Step,
  inputs: readonly TfTensor[],
  cotangents: readonly (TfTensor | undefined)[],
  targets: readonly string[],
): Record<string, TfTensor> {
  const sources = targets.map((name) => inputs[step.inputs.indexOf(name)] as TfTensor);
  const live = cotangents.flatMap((cotangent, slot) => (cotangent === undefined ? [] : [{ cotangent, slot }]));
  const [first] = live;
  if (first === undefined) return {};
  const one = live.length === 1;
  const f = (): TfTensor => {
    const outputs = step.run(inputs);
    const output = (slot: number): TfTensor => {
      const tensor = outputs[slot];
      if (!tensor) throw new Error(`no gradient of ${step.outputs[slot]}: it is not computed`);
      return tensor;
    };
    // A copy of its own on the tape: an output may be an input, unchanged.
    if (one) return core.clone(output(first.slot));
    const sums = live.map(({ slot, cotangent }) => core.sum(core.mul(output(slot), cotangent)));
    return sums.reduce((a, b) => core.add(a, b));
  };
  const { grads } = core.engine().gradients(f, sources, one ? first.cotangent : (undefined as never), true);
  const found: Record<string, TfTensor> = {};
  for (const [i, name] of targets.entries()) {
    const gradient = grads[i] as TfTensor | null | undefined;
    if (gradient) found[name] = core.clone(gradient);
  }
  return found;
}
