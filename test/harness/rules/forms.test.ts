import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import type { Cause } from '../../../harness/types/report.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { diagnose, filled, ints, normal } from '../../support/diagnosis-kit.ts';

const x = normal([3, 4, 5, 7], 41);
const w = normal([6, 4, 3, 3], 42, 0.3);
const b = normal([6], 43, 0.3);

/** A convolution on the network's input, and a layer after it. */
const graph = (() => {
  const g = new GraphBuilder('forms', 17);
  const inputs = [g.input('x', 'float32', x.shape), g.initializer('w', w), g.initializer('b', b)];
  const y = g.node('Conv', inputs, { pads: ints(1, 1, 1, 1) }, { outputNames: ['y'] });
  const z = g.node('Tanh', [y], {}, { outputNames: ['z'] });
  g.output(g.node('Relu', [z], {}, { outputNames: ['out'] }));
  return g.graph();
})();

const shape = [3, 6, 5, 7];
const at = (t: Tensor, ...index: number[]): number =>
  t.data[index.reduce((sum, i, a) => sum * (t.shape[a] as number) + i, 0)] as number;

function conv(pixel: (n: number, c: number, i: number, j: number) => number): Tensor {
  return filled(shape, ([n, m, i, j]) => {
    let sum = at(b, m as number);
    for (let c = 0; c < 4; c++)
      for (let u = 0; u < 3; u++)
        for (let v = 0; v < 3; v++) {
          const [r, q] = [(i as number) + u - 1, (j as number) + v - 1];
          if (r >= 0 && r < 5 && q >= 0 && q < 7) sum += at(w, m as number, c, u, v) * pixel(n as number, c, r, q);
        }
    return sum;
  });
}
const right = conv((n, c, i, j) => at(x, n, c, i, j));
const changed = (f: (value: number, index: readonly number[]) => number, from = right): Tensor =>
  filled(from.shape, (index) => f(at(from, ...index), index));
const coin = normal(shape, 45);
const causeOf = (subject: Tensor, tensor = 'y'): Cause | null =>
  diagnose({ graph, values: new Map([['x', x]]), tensor, subject }).cause;

describe('a form', () => {
  it.each<[string, string | null, () => Tensor]>([
    ['a right answer', null, () => right],
    ['zero everywhere', 'value.zero', () => changed(() => 0)],
    ['the opposite sign', 'sign.flipped', () => changed((v) => -v)],
    ['six times as much', 'scale.constant', () => changed((v) => 6 * v)],
    ['twice as much', 'scale.constant', () => changed((v) => 2 * v)],
    ['no last channel', 'region.partial', () => changed((v, [, m]) => (m === 5 ? 0 : v))],
    [
      'no border',
      'region.partial',
      () => changed((v, [, , i, j]) => (i === 0 || i === 4 || j === 0 || j === 6 ? 0 : v)),
    ],
    [
      'no tail of 3 positions',
      'region.partial',
      () => changed((v, [, , i, j]) => ((i as number) * 7 + (j as number) > 31 ? 0 : v)),
    ],
    ['NaN in one row', 'value.nan', () => changed((v, [n, m, i]) => (n === 1 && m === 2 && i === 3 ? Number.NaN : v))],
    ['an input divided by 255', 'input.scale', () => conv((n, c, i, j) => at(x, n, c, i, j) / 255)],
    ['an input less its mean', 'input.scale', () => conv((n, c, i, j) => (at(x, n, c, i, j) - 0.45) / 0.225)],
    [
      'an input with its own mean a channel',
      'input.scale',
      () => conv((n, c, i, j) => (at(x, n, c, i, j) - 0.1 * c) / (1 + 0.2 * c)),
    ],
    ['an input with channels reversed', 'input.channel-order', () => conv((n, c, i, j) => at(x, n, 3 - c, i, j))],
    [
      'dropout at a rate of one half',
      'dropout.active',
      () => changed((v, index) => (at(coin, ...index) > 0 ? 0 : 2 * v)),
    ],
    [
      'a wave added',
      null,
      () =>
        changed(
          (v, [n, m, i, j]) => v + Math.sin((n as number) + 2 * (m as number) + 3 * (i as number) + (j as number)),
        ),
    ],
    ['most of the batch wrong', null, () => changed((v, [, , , j]) => ((j as number) > 0 ? v * v : v))],
  ])('%s is named %s', (_, id, subject) => {
    expect(causeOf(subject())?.id ?? null).toBe(id);
  });

  it('that is another recorded tensor is stale, one that is added to another is accumulated', () => {
    const tanh = changed(Math.tanh);
    const earlier = normal(shape, 44);
    const g = new GraphBuilder('stale', 17);
    const from = g.input('x', 'float32', shape);
    const first = g.node('Sin', [from], {}, { outputNames: ['first'] });
    const second = g.node('Cos', [first], {}, { outputNames: ['second'] });
    g.output(g.node('Tanh', [second], {}, { outputNames: ['y'] }));
    const value = (f: (v: number) => number): Tensor => ({ ...earlier, data: (earlier.data as Float32Array).map(f) });
    const named = (subject: Tensor): string | null =>
      diagnose({ graph: g.graph(), values: new Map([['x', earlier]]), tensor: 'y', subject }).cause?.id ?? null;
    expect(named(value((v) => Math.fround(Math.sin(v))))).toBe('value.stale');
    expect(named(value((v) => Math.tanh(Math.cos(Math.fround(Math.sin(v)))) + Math.fround(Math.sin(v))))).toBe(
      'value.accumulated',
    );
    // A later layer that passes the value on does not make it stale.
    expect(
      causeOf(
        changed((v) => Math.max(0, v), tanh),
        'z',
      )?.id,
    ).not.toBe('value.stale');
  });

  it('of one number is named only where its factor is a known number', () => {
    const g = new GraphBuilder('scalar', 17);
    g.output(
      g.node(
        'ReduceL2',
        [g.input('x', 'float32', x.shape)],
        { keepdims: { kind: 'int', value: 0 } },
        { outputNames: ['y'] },
      ),
    );
    const norm = Math.hypot(...(x.data as Float32Array));
    const named = (factor: number): string | null =>
      diagnose({
        graph: g.graph(),
        values: new Map([['x', x]]),
        tensor: 'y',
        subject: { dtype: 'float32', shape: [], data: Float32Array.of(norm * factor) },
      }).cause?.id ?? null;
    expect(named(1.0837)).toBeNull();
    expect(named(2)).toBe('scale.constant');
  });
});
