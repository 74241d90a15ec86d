import { describe, expect, it } from '@jest/globals';
import '../../matchers/jest.ts';
import { normal } from '../../harness/numerics/random.ts';
import type { Network } from '../../adapters/network/index.ts';
import { twins } from '../../models/twins/index.ts';

const [B, I, O] = [3, 5, 2] as const;
const next = normal(11);
const draw = (size: number) => Float32Array.from({ length: size }, next);
const inputs = { x: { data: draw(B * I), shape: [B, I] } };

/** y = tanh(x · w), loss = Σ c · y with random c; `slope` is tanh's derivative as its author has it. */
function network(slope: (y: number) => number): Network {
  const w = { data: draw(I * O), shape: [I, O] };
  const c = draw(B * O);
  return {
    name: 'tanh layer',
    inputs: ['x'],
    parameters: { w },
    layers: [
      {
        name: 'product',
        forward: ({ input: { data: x } }) => ({
          shape: [B, O],
          data: Float32Array.from({ length: B * O }, (_, n) => {
            let sum = 0;
            for (let i = 0; i < I; i++) sum += x[Math.floor(n / O) * I + i]! * w.data[i * O + (n % O)]!;
            return sum;
          }),
        }),
        backward: ({ input: { data: x }, gradient }) => {
          const [dx, dw] = [new Float32Array(B * I), new Float32Array(I * O)];
          gradient.forEach((d, n) => {
            for (let i = 0; i < I; i++) {
              dx[Math.floor(n / O) * I + i]! += d * w.data[i * O + (n % O)]!;
              dw[i * O + (n % O)]! += d * x[Math.floor(n / O) * I + i]!;
            }
          });
          return { input: dx, parameters: { w: dw } };
        },
      },
      {
        name: 'tanh',
        forward: ({ input }) => input.data.map(Math.tanh),
        backward: ({ output, gradient }) => gradient.map((d, i) => d * slope(output.data[i]!)),
      },
      {
        name: 'loss',
        forward: ({ input }) => input.data.reduce((sum, y, i) => sum + y * c[i]!, 0),
        backward: ({ gradient }) => c.map((x) => x * gradient[0]!),
      },
    ],
  };
}

describe('toHaveCorrectGradients', () => {
  it('holds for a right derivative, with no reference, and leaves the parameters as they were', async () => {
    const right = network((y) => 1 - y * y);
    const before = right.parameters!['w']!.data.slice();
    await expect(right).toHaveCorrectGradients({ inputs });
    expect(right.parameters!['w']!.data).toEqual(before);
  });

  it('fails for a wrong one, and says which gradient is wrong and what it should be', async () => {
    const wrong = network((y) => 1 - y);
    await expect(wrong).not.toHaveCorrectGradients({ inputs });
    await expect(expect(wrong).toHaveCorrectGradients({ inputs })).rejects.toThrow(/✗ w .*\n.*differences say/);
  });

  it('takes the parameters of a model where the network has none of its own', async () => {
    const { model, inputs: file, make } = twins.mlp;
    await expect(make()).toHaveCorrectGradients({ inputs: file, parameters: model, elements: 3 });
    await expect(expect(make()).toHaveCorrectGradients({ inputs: file })).rejects.toThrow(/E_SUBJECT.*no parameters/);
  });

  it('does not hold where a parameter has no gradient to check', async () => {
    const { layers = [], ...rest } = network((y) => 1 - y * y);
    const { backward, ...mute } = layers[0]!;
    const silent = { ...rest, layers: [mute, ...layers.slice(1)] };
    expect(backward).toBeDefined();
    await expect(expect(silent).toHaveCorrectGradients({ inputs })).rejects.toThrow(/Not checked:[\s\S]*w/);
  });
});
