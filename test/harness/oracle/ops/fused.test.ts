import { describe, expect, it } from '@jest/globals';
import { fusedConv, fusedGemm } from '../../../../harness/oracle/ops/fused.ts';
import { expectAgrees } from './_onnxruntime.ts';
import { expectLawful, float, floats, forward, int, ints, random, text, type Trial, value, vjp } from './_vjp-laws.ts';

const functions: readonly (readonly [string, readonly number[]])[] = [
  ['Relu', []],
  ['Tanh', []],
  ['Sigmoid', []],
  ['LeakyRelu', [0.3]],
  ['Clip', [-0.4, 0.9]],
  ['HardSigmoid', [0.3, 0.4]],
];

describe.each(functions)('with %s', (name, parameters) => {
  const inputs = [random([2, 3, 5, 4], 1), random([4, 3, 3, 2], 2), random([4], 3), random([2, 4, 3, 3], 4)];
  const conv: Trial = {
    operator: fusedConv,
    inputs,
    attributes: { activation: text(name), activation_params: floats(...parameters), kernel_shape: ints(3, 2) },
  };
  const [alpha = 0, beta = 0] = parameters;
  const gemm: Trial = {
    operator: fusedGemm,
    inputs: [random([3, 5], 1), random([7, 5], 2), random([7], 3)],
    attributes: {
      transB: int(1),
      alpha: float(0.7),
      activation: text(name),
      activation_alpha: float(alpha),
      activation_beta: float(beta),
    },
  };
  it('FusedConv and FusedGemm: their products are the derivatives', () => {
    expectLawful(conv);
    expectLawful({ ...conv, inputs: inputs.slice(0, 3) });
    expectLawful(gemm);
  });
  it('FusedConv: ONNX Runtime gives the same', () => expectAgrees(conv));
});

describe('FusedConv', () => {
  it('calls the gradient slack where its function has a kink within rounding', () => {
    // 0.1 + 0.2 − 0.3 is 0, but for rounding.
    const inputs = [
      value('float32', [1, 1, 3], [1, 1, 1]),
      value('float32', [1, 1, 3], [0.1, 0.2, -0.3].map(Math.fround)),
    ];
    const at = (name: string) =>
      vjp({ operator: fusedConv, inputs, attributes: { activation: text(name) } }, [
        value('float32', [1, 1, 1], [2]),
      ])[0]!;
    const slack = Array.from(at('Relu').slack!, (s) => Math.round(s * 1e6) / 1e6);
    expect(slack).toEqual([0.2, 0.4, 0.6]);
    expect(at('Tanh').slack).toBeUndefined();
  });
  it('refuses functions that it does not know', () => {
    const trial: Trial = {
      operator: fusedConv,
      inputs: [random([1, 1, 3], 1), random([1, 1, 3], 2)],
      attributes: { activation: text('Mish') },
    };
    expect(() => forward(trial)).toThrow(/E_UNSUPPORTED.*"Mish".*Clip, Relu/);
  });
});
