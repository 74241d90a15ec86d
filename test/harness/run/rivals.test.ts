import { describe, expect, it } from '@jest/globals';
import { type Network, networkSubject } from '../../../adapters/network/index.ts';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { check } from '../../../harness/check.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { float32, toNumbers } from '../../../harness/tensor.ts';
import { benchOf, random, subjectOf } from '../../support/bench.ts';

const [B, D] = [5, 7] as const;

/** y = f(x), and a second layer so that there is something that matches. */
function bench(op: string, x: Tensor) {
  const b = new GraphBuilder('one', 21);
  const y = b.node(op, [b.input('x', 'float32', [B, D])], {}, { name: 'f', outputNames: ['y'] });
  b.output(b.node('Neg', [y], {}, { name: 'neg', outputNames: ['z'] }));
  return benchOf(b.graph(), { x });
}

const network = (f: (x: number) => number): Network => ({
  name: 'by hand',
  layers: [
    { name: 'y', inputs: ['x'], forward: ({ input }) => input.data.map(f) },
    { name: 'z', inputs: ['y'], forward: ({ input }) => input.data.map((x) => -x) },
  ],
});

/** Inputs between 3 and 6: ReLU, ReLU6, hard swish, ELU and no function at all are one and the same there. */
const between = float32(
  [B, D],
  toNumbers(random([B, D], 1)).map((x) => 4.5 + Math.tanh(x)),
);

describe('rival causes', () => {
  it('of a trace stay a tie, as nothing can be run again', async () => {
    const { reference, inputs } = await bench('Sigmoid', between);
    const wrong = await bench('Relu', between);
    const report = await check(subjectOf(wrong.trace), reference, { inputs });
    expect(report.forward.faulty[0]?.cause?.evidence.join(' ')).not.toContain('probe input');
  });

  const subjects: readonly [string, (x: number) => number, RegExp][] = [
    ['ReLU', (x) => Math.max(0, x), /^relu is applied/i],
    ['ReLU6', (x) => Math.min(6, Math.max(0, x)), /relu6|relu 6|clip/i],
    ['no function', (x) => x, /no activation|identity|not applied|left out|missing/i],
    ['hard swish', (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6, /hard ?swish/i],
  ];
  it.each(subjects)('are told apart by running the layer again: %s for a sigmoid', async (_what, f, claim) => {
    const { reference, inputs } = await bench('Sigmoid', between);
    const report = await check(networkSubject(network(f), 'net'), reference, { inputs });
    const [site] = report.forward.faulty;
    expect(site?.cause?.claim).toMatch(claim);
    expect(site?.cause?.evidence[0]).toContain('told apart by a probe input');
  });
});
