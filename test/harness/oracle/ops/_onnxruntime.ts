import { expect } from '@jest/globals';
import { encodeModel, GraphBuilder } from '../../../../adapters/onnx/index.ts';
import { runModel } from '../../../../adapters/onnxruntime/index.ts';
import { toTensor } from '../../../../harness/oracle/index.ts';
import { toNumbers } from '../../../../harness/tensor.ts';
import { distance, forward, norm, type Trial } from './_vjp-laws.ts';

/** Holds the operator's float64 forward against ONNX Runtime's float32. */
export async function expectAgrees(trial: Trial): Promise<void> {
  const wanted = forward(trial);
  for (const [i, tensor] of (await run(trial)).entries()) {
    expect([i, tensor.dtype, tensor.shape]).toEqual([i, wanted[i]!.dtype, wanted[i]!.shape]);
    const { data } = wanted[i]!;
    expect([i, distance(toNumbers(tensor), data) <= 3e-6 * (0.1 + norm(data))]).toEqual([i, true]);
  }
}

async function run({ operator, inputs, attributes = {}, opset = 21, outputs = 1 }: Trial) {
  const domains = new Map([['', opset]]);
  if (operator.domain) domains.set(operator.domain, 1);
  const b = new GraphBuilder('trial', domains);
  // What decides shapes is fed as a constant, as models have it.
  const fed = (i: number): boolean => inputs[i]?.dtype === 'float32' && !['Resize', 'Upsample'].includes(operator.op);
  const names = inputs.map((input, i) => {
    if (!input) return '';
    return i === 0 || fed(i) ? b.input(`x${i}`, input.dtype, input.shape) : b.initializer(`x${i}`, toTensor(input));
  });
  const made = b.nodes(operator.op, names, attributes, { outputs, domain: operator.domain ?? '' });
  for (const name of made) b.output(name);
  const feeds = new Map(
    inputs.flatMap((input, i) => (input && (i === 0 || fed(i)) ? [[`x${i}`, toTensor(input)] as const] : [])),
  );
  const results = await runModel(encodeModel(b.graph()), feeds, made);
  return made.map((name) => results.get(name)!);
}
