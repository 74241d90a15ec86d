import { describe, expect, it } from '@jest/globals';
import { dropout } from '../../../../harness/oracle/ops/dropout.ts';
import { negativeLogLikelihoodLoss } from '../../../../harness/oracle/ops/negative-log-likelihood-loss.ts';
import { hardmax, logSoftmax, softmax } from '../../../../harness/oracle/ops/softmax.ts';
import { softmaxCrossEntropyLoss } from '../../../../harness/oracle/ops/softmax-cross-entropy-loss.ts';
import { type Trial, expectLawful, float, forward, int, random, text, value, vjp } from './_vjp-laws.ts';

describe.each([softmax, logSoftmax])('$op', (operator) => {
  it.each([0, 1, 2, -1, -2])('along axis %d: its product is the derivative', (axis) => {
    expectLawful({ operator, inputs: [random([3, 5, 7], 1, -4, 4)], attributes: { axis: int(axis) } });
  });
  it('before opset 13 takes all axes from `axis` on as one', () => {
    const trial: Trial = { operator, inputs: [random([3, 2, 5], 1)], opset: 11 };
    const flat: Trial = { operator, inputs: [random([3, 10], 1)], opset: 13 };
    expect(forward(trial)[0]!.data).toEqual(forward(flat)[0]!.data);
    expectLawful(trial);
  });
  it('does not overflow', () => {
    expect(
      forward({ operator, inputs: [value('float32', [1, 2], [1e4, 1e4 - 1])] })[0]!.data.every(Number.isFinite),
    ).toBe(true);
  });
});

it('Hardmax marks the first largest element, and says why it has no derivative', () => {
  expect(
    Array.from(forward({ operator: hardmax, inputs: [value('float32', [2, 3], [1, 4, 4, 2, 1, 0])] })[0]!.data),
  ).toEqual([0, 1, 0, 1, 0, 0]);
  expect(hardmax.noDerivative).toMatch(/piecewise constant/);
});

describe.each([negativeLogLikelihoodLoss, softmaxCrossEntropyLoss])('$op', (operator) => {
  const scores = random([5, 3, 2, 2], 1, -2, 2);
  const labels = value('int64', [5, 2, 2], [0, 1, 2, 2, 1, 0, 0, 1, 2, 0, 1, 2, 2, 2, 1, 1, 0, 0, 2, 1]);
  const weights = random([3], 7, 0.2, 2);

  for (const reduction of ['none', 'sum', 'mean']) {
    for (const weighted of [false, true]) {
      for (const ignored of [false, true]) {
        it(`reduction ${reduction}, ${weighted ? 'weights' : 'no weights'}, ${ignored ? 'ignore_index' : 'no ignore_index'}`, () => {
          expectLawful({
            operator,
            inputs: weighted ? [scores, labels, weights] : [scores, labels],
            attributes: { reduction: text(reduction), ...(ignored ? { ignore_index: int(1) } : {}) },
            wrt: [0],
            seeds: [0],
          });
        });
      }
    }
  }
  it('ignores a negative label, and refuses one out of range', () => {
    const trial = (label: number, ignored: number): Trial => ({
      operator,
      inputs: [random([2, 3], 1), value('int64', [2], [label, 1])],
      attributes: { ignore_index: int(ignored) },
      wrt: [0],
      seeds: [0],
    });
    expectLawful(trial(-5, -5));
    expect(() => forward(trial(3, -1))).toThrow(/E_SHAPE.*label 3/);
  });
});

it('SoftmaxCrossEntropyLoss gives the log softmax too, and differentiates through it', () => {
  const inputs = [random([5, 3, 2], 1, -2, 2), value('int64', [5, 2], [0, 1, 2, 2, 1, 0, 0, 1, 2, 0])];
  expectLawful({ operator: softmaxCrossEntropyLoss, inputs, outputs: 2 });
  expectLawful({ operator: softmaxCrossEntropyLoss, inputs, outputs: 2, seeds: [1] });
});

describe('Dropout', () => {
  const x = random([3, 5], 1);
  it('does nothing in inference', () => {
    const trial: Trial = { operator: dropout, inputs: [x], outputs: 2, seeds: [0] };
    const [y, mask] = forward(trial);
    expect([y!.data, mask!.dtype, mask!.data.every((m) => m === 1)]).toEqual([x.data, 'bool', true]);
    expectLawful(trial);
  });
  it('refuses a random mask, unless nothing is dropped', () => {
    const training = (ratio: number): Trial => ({
      operator: dropout,
      inputs: [x, value('float32', [], [ratio]), value('bool', [], [1])],
      wrt: [0],
    });
    expect(() => forward(training(0.25))).toThrow(/E_UNSUPPORTED.*random/);
    expect(forward(training(0))[0]!.data).toEqual(x.data);
  });
  it('goes back through the mask that was drawn', () => {
    const mask = value('bool', [4], [1, 0, 0, 1]);
    const context = {
      node: { name: 'd', op: 'Dropout', domain: '', inputs: [], outputs: [], attributes: {} },
      attributes: { ratio: float(0.5) },
      opset: 13,
      arithmetic: { name: 'float64' as const, round: (v: number) => v },
      run: () => new Map(),
      inputs: [random([4], 1), value('float32', [], [0.75]), value('bool', [], [1])],
      outputs: [undefined, mask],
      cotangents: [value('float32', [4], [1, 2, 3, 5])],
      noise: [0, 0, 0],
      needs: [true, false, false],
    };
    expect(Array.from(dropout.vjp!(context)[0]!.value.data)).toEqual([4, 0, 0, 20]);
  });
  it('has the gradient of the identity in inference', () => {
    const dy = random([3, 5], 4);
    expect(vjp({ operator: dropout, inputs: [x] }, [dy])[0]!.value.data).toEqual(dy.data);
  });
});
