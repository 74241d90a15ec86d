import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { blame, passOf, seedIn } from '../../support/backward-scene.ts';
import { computed, diagnose, filled, int, normal } from '../../support/diagnosis-kit.ts';

// Bugs that were given another family's name, or none.

const scalar = (x: number): Tensor => fromNumbers('float32', [], [x]);

describe('slopes of PReLU', () => {
  const x = normal([5, 3, 7], 61);
  const slopes = fromNumbers('float32', [3, 1], [0.25, -0.1, 0.4]);
  const g = new GraphBuilder('prelu', 17);
  const names = [g.input('x', 'float32', x.shape), g.initializer('slopes', slopes)];
  g.output(g.node('PRelu', names, {}, { outputNames: ['y'] }));
  const with3 = (used: readonly number[]): Tensor => {
    const data = toNumbers(x);
    return filled(x.shape, ([i, j, k]) => {
      const v = data[(i! * 3 + j!) * 7 + k!]!;
      return v < 0 ? v * used[j!]! : v;
    });
  };
  const causeOf = (subject: Tensor) =>
    diagnose({ graph: g.graph(), values: new Map([['x', x]]), tensor: 'y', subject }).cause;

  it.each<[string, readonly number[], RegExp]>([
    ['squared', [0.0625, 0.01, 0.16], /taken squared: 0\.0625, 0\.01, 0\.16/],
    ['without their sign', [0.25, 0.1, 0.4], /without their sign/],
    ['in reverse', [0.4, -0.1, 0.25], /in reverse order/],
    ['any', [0.25, 0.33, 0.4], /are 0\.25, 0\.33, 0\.4; the model says 0\.25, -0\.1, 0\.4/],
  ])('are named: %s', (_, used, claim) => {
    expect(causeOf(with3(used))).toMatchObject({ id: 'activation.slope', claim: expect.stringMatching(claim) });
  });

  it('are not named where they are right, or more than a slope is wrong', () => {
    expect(causeOf(with3([0.25, -0.1, 0.4]))).toBeNull();
    const bent = filled(x.shape, ([i, j, k]) => Math.tanh(toNumbers(x)[(i! * 3 + j!) * 7 + k!]!) - 0.4);
    expect(causeOf(bent)?.id).not.toBe('activation.slope');
  });
});

describe('a comparison with one number', () => {
  const x = normal([5, 7], 62, 2);
  const graph = (op: string) => {
    const g = new GraphBuilder('compare', 17);
    const names = [g.input('x', 'float32', x.shape), g.initializer('one', scalar(1))];
    g.output(g.node(op, names, {}, { outputNames: ['y'] }));
    return g.graph();
  };
  const made = (f: (v: number) => boolean): Tensor => ({
    dtype: 'bool',
    shape: x.shape,
    data: Uint8Array.from(toNumbers(x), (v) => Number(f(v))),
  });
  const causeOf = (op: string, f: (v: number) => boolean) =>
    diagnose({ graph: graph(op), values: new Map([['x', x]]), tensor: 'y', subject: made(f) }).cause;

  it('is named by the number that parts what was true from what was false', () => {
    for (const [op, f] of [
      ['Less', (v: number) => v < 2],
      ['Greater', (v: number) => v > 2],
    ] as const)
      expect(causeOf(op, f)).toMatchObject({
        id: 'activation.constant',
        claim: 'it is compared with about 2, the model says 1',
      });
  });

  it('is not named where nothing parts them, or all are alike', () => {
    expect(causeOf('Less', (v) => v < 2 && v > -1)?.id).not.toBe('activation.constant');
    expect(causeOf('Less', () => true)?.id).not.toBe('activation.constant');
  });
});

describe('a factor of the batch size', () => {
  const x = normal([3, 2, 5, 5], 63);
  const k = normal([3, 2, 5, 5], 64);

  it.each<[string, number, string]>([
    ['is no scale of attention', 1 / 3, 'scale.constant'],
    ['but another number is', 0.731, 'attention.scale'],
  ])('%s', (_, factor, cause) => {
    const g = new GraphBuilder('scores', 17);
    const names = [g.input('x', 'float32', x.shape), g.input('k', 'float32', k.shape)];
    const scores = g.node('MatMul', names, {}, { outputNames: ['scores'] });
    const scaled = g.node('Mul', [scores, g.initializer('scale', scalar(0.4472136))], {}, { outputNames: ['scaled'] });
    g.output(g.node('Softmax', [scaled], { axis: int(-1) }, { outputNames: ['y'] }));
    const values = new Map([
      ['x', x],
      ['k', k],
    ]);
    const right = computed(g.graph(), values, 'scaled');
    const subject = fromNumbers(
      'float32',
      right.shape,
      toNumbers(right).map((v) => v * factor),
    );
    expect(diagnose({ graph: g.graph(), values, tensor: 'scaled', subject }).cause?.id).toBe(cause);
  });

  it('is no gamma of SELU', () => {
    const g = new GraphBuilder('selu', 17);
    g.output(g.node('Selu', [g.input('x', 'float32', x.shape)], {}, { outputNames: ['y'] }));
    const values = new Map([['x', x]]);
    const right = computed(g.graph(), values, 'y');
    const off = (factor: number) =>
      diagnose({
        graph: g.graph(),
        values,
        tensor: 'y',
        subject: fromNumbers(
          'float32',
          right.shape,
          toNumbers(right).map((v) => v * factor),
        ),
      }).cause?.id;
    expect(off(1 / 3)).toBe('scale.constant');
    expect(off(1 / 1.0507)).toBe('activation.constant');
  });
});

describe('a forgotten derivative of a Mul by one number', () => {
  it('is no scale of attention where a layer with weights comes before the softmax', () => {
    const x = normal([5, 7], 65);
    const g = new GraphBuilder('halved', 17);
    const names = [g.input('x', 'float32', x.shape), g.initializer('half', scalar(0.3))];
    const scaled = g.node('Mul', names, {}, { outputNames: ['scaled'] });
    const logits = g.node('MatMul', [scaled, g.initializer('w', normal([7, 3], 67))], {}, { outputNames: ['logits'] });
    g.output(g.node('Softmax', [logits], { axis: int(-1) }, { outputNames: ['y'] }));
    const pass = passOf(g.graph(), { x }, ['scaled']);
    const { cause } = blame(pass, 'x', seedIn(pass, 'scaled'), x.shape);
    expect(cause).toMatchObject({ id: 'scale.constant', claim: expect.stringContaining('unscaled') });
  });
});

describe('a mask read one column beside', () => {
  it.each<[string, number, number, number]>([
    ['of a triangle, its last row sees all the same', 7, 7, 0],
    ['of more columns than rows', 5, 7, 2],
  ])('is a shifted mask: %s', (_, rows, columns, offset) => {
    const scores = normal([2, rows, columns], 66);
    const sees = (r: number, c: number): boolean => Math.min(c, columns - 1) <= r + offset;
    const mask = filled([rows, columns], ([r, c]) => (sees(r!, c!) ? 0 : -1e9));
    const g = new GraphBuilder('mask', 17);
    const names = [g.input('scores', 'float32', scores.shape), g.initializer('mask', mask)];
    const masked = g.node('Add', names, {}, { outputNames: ['masked'] });
    g.output(g.node('Softmax', [masked], { axis: int(-1) }, { outputNames: ['y'] }));
    const data = toNumbers(scores);
    const subject = filled(scores.shape, ([b, r, c]) =>
      Math.fround(data[(b! * rows + r!) * columns + c!]! + (sees(r!, c! + 1) ? 0 : -1e9)),
    );
    const site = diagnose({ graph: g.graph(), values: new Map([['scores', scores]]), tensor: 'masked', subject });
    expect(site.cause?.id).toBe('attention.mask-shifted');
  });
});
