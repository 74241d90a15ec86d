import { describe, expect, it } from '@jest/globals';
import { GraphBuilder, encodeModel } from '../../../../adapters/onnx/index.ts';
import { runModel } from '../../../../adapters/onnxruntime/index.ts';
import { toTensor } from '../../../../harness/oracle/index.ts';
import { toNumbers } from '../../../../harness/tensor.ts';
import { others, unaries } from './_elementwise-cases.ts';
import { moves, scatters } from './_movement-cases.ts';
import { f, trial } from './_named.ts';
import { products, reductions, spectra } from './_product-cases.ts';
import { forward, norm, type Trial } from './_vjp-laws.ts';

/** What ONNX Runtime does not run, or runs otherwise than the specification says; with the reason. */
const NOT_THERE: ReadonlyMap<string, string> = new Map([
  ['Einsum an ellipsis that broadcasts', 'it wants every ellipsis to stand for as many axes'],
]);

/** Opsets that introduced what is newer than the cases' own. */
const SINCE: Readonly<Record<string, number>> = { Swish: 24, TensorScatter: 24, CumProd: 26 };

const cases: readonly (readonly [string, string, Trial])[] = [
  ...unaries.map(([name, low, high]) => [name, '', trial(name, [f([3, 5, 7], 11, low, high)])] as const),
  ...others,
  ...moves,
  ...scatters,
  ...products,
  ...reductions,
  ...spectra,
];

describe('ONNX Runtime gives the same in float32', () => {
  it.each(cases.filter(([op, what]) => !NOT_THERE.has(`${op} ${what}`.trim())))('%s %s', async (_op, _what, each) => {
    const wanted = forward(each);
    const found = await run(each);
    for (const [i, { data, shape, dtype }] of found.entries()) {
      expect([i, shape, dtype]).toEqual([i, wanted[i]!.shape, wanted[i]!.dtype]);
      const numbers = toNumbers({ data, shape, dtype });
      const apart = norm(numbers.map((x, k) => x - wanted[i]!.data[k]!));
      expect([i, apart <= 2e-6 * (0.1 + norm(wanted[i]!.data))]).toEqual([i, true]);
    }
  });
});

async function run({ operator, inputs, attributes = {}, opset = 21, outputs = 1 }: Trial) {
  const domains = new Map([['', SINCE[operator.op] ?? Math.max(opset, 7)]]);
  if (operator.domain) domains.set(operator.domain, 1);
  const b = new GraphBuilder('trial', domains);
  const names = inputs.map((input, i) => (input ? b.input(`x${i}`, input.dtype, input.shape) : ''));
  const made = b.nodes(operator.op, names, attributes, { outputs, domain: operator.domain ?? '' });
  for (const name of made) b.output(name);
  const feeds = new Map(inputs.flatMap((input, i) => (input ? [[`x${i}`, toTensor(input)] as const] : [])));
  const results = await runModel(encodeModel(b.graph()), feeds, made);
  return made.map((name) => results.get(name)!);
}
