import { describe, expect, it } from '@jest/globals';
import { type Network, networkSubject } from '../../../adapters/network/index.ts';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { check } from '../../../harness/check.ts';
import { type Bench, benchOf, random } from '../../support/bench.ts';

const [B, I, O] = [5, 7, 3] as const;

/** y = x·w, loss = Σ y² / 2. */
function model(): Promise<Bench> {
  const b = new GraphBuilder('linear', 17);
  const x = b.input('x', 'float32', [B, I]);
  const y = b.node('MatMul', [x, b.initializer('w', random([I, O], 2))], {}, { name: 'fc', outputNames: ['y'] });
  const half = b.initializer('half', random([], 3));
  const squares = b.node('Mul', [y, y], {}, { name: 'square', outputNames: ['squares'] });
  const sum = b.node(
    'ReduceSum',
    [squares],
    { keepdims: { kind: 'int', value: 0 } },
    { name: 'sum', outputNames: ['sum'] },
  );
  b.output(b.node('Mul', [sum, half], {}, { name: 'loss', outputNames: ['loss'] }), 'float32', []);
  return benchOf(b.graph(), { x: random([B, I], 1) });
}

/** The same by hand, with an optimiser's step in the place of training. */
function network(step: NonNullable<Network['step']>): Network {
  return {
    name: 'by hand',
    optimizer: { algorithm: 'sgd', learningRate: 0.01 },
    layers: [
      {
        name: 'y',
        inputs: ['x'],
        forward: ({ input, parameters }) =>
          Float32Array.from({ length: B * O }, (_, n) => {
            const w = parameters['w']!.data;
            let sum = 0;
            for (let k = 0; k < I; k++) sum += input.data[Math.floor(n / O) * I + k]! * w[k * O + (n % O)]!;
            return sum;
          }),
        backward: ({ input, gradient }) => ({
          parameters: {
            w: Float32Array.from({ length: I * O }, (_, n) => {
              let sum = 0;
              for (let b = 0; b < B; b++) sum += input.data[b * I + Math.floor(n / O)]! * gradient[b * O + (n % O)]!;
              return sum;
            }),
          },
        }),
      },
      {
        name: 'loss',
        inputs: ['y'],
        forward: ({ input, parameters }) => {
          let sum = 0;
          for (const y of input.data) sum += y * y;
          return { data: [sum * parameters['half']!.data[0]!], shape: [] };
        },
        backward: ({ input, parameters, gradient }) => ({
          input: input.data.map((y) => 2 * y * parameters['half']!.data[0]! * gradient[0]!),
        }),
      },
    ],
    step,
  };
}

const sgd =
  (rate: number): NonNullable<Network['step']> =>
  ({ parameters, gradients }) => {
    const [w, g] = [parameters['w']!.data, gradients['w']!];
    for (let i = 0; i < w.length; i++) w[i] = w[i]! - rate * g[i]!;
  };

describe('a network with an optimiser', () => {
  it('has its step judged: a right one matches, and what was recorded of the parameter stays that of before', async () => {
    const { reference, inputs } = await model();
    const report = await check(networkSubject(network(sgd(0.01)), 'net'), reference, { inputs });
    expect(report.updates?.map(({ tensor, verdict }) => `${tensor} ${verdict}`)).toEqual(['w match']);
    expect(report.outcome).toBe('match');
  });
  it('is told which learning rate it used instead', async () => {
    const { reference, inputs } = await model();
    const report = await check(networkSubject(network(sgd(0.03)), 'net'), reference, { inputs });
    expect(report.backward.faulty).toMatchObject([
      { tensor: 'w', direction: 'update', cause: { id: 'optimizer.learning-rate' } },
    ]);
  });
});
