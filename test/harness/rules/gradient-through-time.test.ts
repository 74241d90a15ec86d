import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { runOperator, vjpOperator } from '../../../harness/oracle/run.ts';
import { unrolled } from '../../../harness/rules/_unroll.ts';
import type { Attribute, Attributes, GraphNode } from '../../../harness/types/graph.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import type { BackwardContext } from '../../../harness/types/rule.ts';
import { blame, normal, passOf, rightGradient, seedIn, valueIn } from '../../support/backward-scene.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });
const text = (value: string): Attribute => ({ kind: 'string', value });
const [T, B, I, H] = [5, 3, 2, 4];

/** A recurrent node on its own, with random inputs and cotangents, as a rule sees it. */
function seen(op: 'RNN' | 'GRU' | 'LSTM', direction: string, layout: number, slot: number): BackwardContext {
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[op];
  const D = direction === 'bidirectional' ? 2 : 1;
  const value = (shape: number[], seed: number): Value => ({
    dtype: 'float32',
    shape,
    data: Float64Array.from(normal(shape, seed, 0.5).data as Float32Array),
  });
  const state = (seed: number): Value => value(layout === 1 ? [B, D, H] : [D, B, H], seed);
  const inputs: (Value | undefined)[] = [
    value(layout === 1 ? [B, T, I] : [T, B, I], 1),
    value([D, gates * H, I], 2),
    value([D, gates * H, H], 3),
    value([D, 2 * gates * H], 4),
    undefined,
    state(5),
    ...(op === 'LSTM' ? [state(6)] : []),
  ];
  const attributes: Attributes = { hidden_size: int(H), direction: text(direction), layout: int(layout) };
  const node: GraphNode = {
    name: op,
    op,
    domain: '',
    inputs: inputs.map((v, i) => (v === undefined ? '' : `i${i}`)),
    outputs: ['y', 'h', 'c'],
    attributes,
  };
  const outputs = runOperator(node, inputs, 21) as readonly Value[];
  const cotangents = outputs.slice(0, op === 'LSTM' ? 3 : 2).map((v, i) => value([...v.shape], 10 + i));
  const vjp = (change: {
    inputs?: readonly (Value | undefined)[];
    attributes?: Attributes;
    cotangents?: readonly (Value | undefined)[];
  }) =>
    vjpOperator({ ...node, attributes: change.attributes ?? attributes }, 21, {
      inputs: change.inputs ?? inputs,
      cotangents: change.cotangents ?? cotangents,
    });
  const run = (name: string, given: readonly (Value | undefined)[], own: Attributes = {}) =>
    runOperator({ ...node, op: name, attributes: own }, given, 21);
  return { node, attributes, inputs, outputs, cotangents, slot, run, vjp } as unknown as BackwardContext;
}

describe('a recurrent layer taken apart', () => {
  const cases = (['RNN', 'GRU', 'LSTM'] as const).flatMap((op) =>
    ['forward', 'reverse', 'bidirectional'].flatMap((direction) =>
      [0, 1].map((layout) => [op, direction, layout] as const),
    ),
  );

  it.each(cases)('is the whole again where every state passes: %s, %s, layout %s', (op, direction, layout) => {
    for (const slot of [0, 1, 2, 3, 5, ...(op === 'LSTM' ? [6] : [])]) {
      const context = seen(op, direction, layout, slot);
      const right = context.vjp({})?.[slot]?.data as Float64Array;
      const mine = unrolled(context)?.back({ hidden: true, cell: true }) as Float64Array;
      const worst = Math.max(...right.map((x, i) => Math.abs(x - mine[i]!)));
      expect(worst < 1e-6).toBe(true);
      expect(Math.max(...right.map(Math.abs)) > 1e-3).toBe(true);
    }
  });
});

describe('a plain recurrent network whose gradient stops at the states', () => {
  const g = new GraphBuilder('rnn', 21);
  const h = g.node('Identity', [g.input('x', 'float32', [T, B, I])], {}, { outputNames: ['h'] });
  const [w, r] = [g.initializer('w', normal([1, H, I], 2, 0.7)), g.initializer('r', normal([1, H, H], 3, 0.7))];
  g.output(g.node('RNN', [h, w, r], { hidden_size: int(H) }, { outputNames: ['y'] }));
  const pass = passOf(g.graph(), { x: normal([T, B, I], 1) }, ['y']);
  const [x, y, d, W, R] = [
    valueIn(pass, 'x'),
    valueIn(pass, 'y'),
    seedIn(pass, 'y'),
    valueIn(pass, 'w'),
    valueIn(pass, 'r'),
  ];

  /** What goes back to x and r; the state's gradient passes from step to step only if `through`. */
  function back(
    through: boolean | ((t: number) => boolean),
    counted: (t: number) => boolean = () => true,
    turned = false,
  ) {
    const [dx, dr] = [new Float32Array(x.length), new Float32Array(R.length)];
    const carried = new Float64Array(B * H);
    for (let t = T - 1; t >= 0; t--)
      for (let b = 0; b < B; b++) {
        const at = (t * B + b) * H;
        const delta = Array.from({ length: H }, (_, k) => (d[at + k]! + carried[b * H + k]!) * (1 - y[at + k]! ** 2));
        for (let i = 0; i < I; i++) dx[(t * B + b) * I + i] = delta.reduce((s, v, k) => s + v * W[k * I + i]!, 0);
        for (let j = 0; j < H; j++) {
          const place = (k: number): number => (turned ? j * H + k : k * H + j);
          const passes = typeof through === 'function' ? through(t) : through;
          carried[b * H + j] = passes ? delta.reduce((s, v, k) => s + v * R[place(k)]!, 0) : 0;
          const before = t === 0 ? 0 : y[at - B * H + j]!;
          if (counted(t)) delta.forEach((v, k) => (dr[k * H + j] = dr[k * H + j]! + v * before));
        }
      }
    return { dx, dr };
  }

  it('is named, for what it reads and for its weights', () => {
    const { dx, dr } = back(false);
    expect(blame(pass, 'h', dx, [T, B, I]).cause?.id).toBe('recurrent.truncated');
    expect(blame(pass, 'r', dr, [1, H, H]).cause?.id).toBe('recurrent.truncated');
  });

  it.each([
    ['the first', 2, (t: number) => t % 2 !== 0],
    ['the first', 3, (t: number) => t % 3 !== 0],
    ['the last', 3, (t: number) => (T - t) % 3 !== 0],
  ])('is named where it is cut every few steps: counted from %s, every %i', (from, k, passes) => {
    for (const [name, wrong, shape] of [
      ['h', back(passes).dx, [T, B, I]],
      ['r', back(passes).dr, [1, H, H]],
    ] as const) {
      const { cause } = blame(pass, name, wrong, shape);
      expect(cause?.id).toBe('recurrent.truncated');
      if (name === 'h') expect(cause?.claim).toContain(`cut every ${k} steps, counted from ${from}`);
    }
  });

  it('is told from a weight gradient that keeps one step only', () => {
    expect(blame(pass, 'r', back(true, (t) => t === T - 1).dr, [1, H, H]).cause?.id).toBe('gradient.overwritten');
  });

  it('is told from a recurrence that is not transposed on the way back', () => {
    const { dx } = back(true, undefined, true);
    expect(blame(pass, 'h', dx, [T, B, I]).cause?.id).toBe('gradient.weight-not-transposed');
  });

  it('is right, or nothing that has a name', () => {
    expect(blame(pass, 'h', back(true).dx, [T, B, I]).cause).toBe(null);
    expect(blame(pass, 'h', rightGradient(pass, 'h'), [T, B, I]).cause).toBe(null);
    expect(blame(pass, 'h', normal([T, B, I], 66).data as Float32Array, [T, B, I]).cause).toBe(null);
  });
});
