import { describe, expect, it } from '@jest/globals';
import { blame, rightGradient } from '../../support/backward-scene.ts';
import {
  B,
  gruByHand,
  H,
  I,
  lstmByHand,
  type LstmBug,
  passThrough,
  sigmoid,
  T,
  zeros,
} from '../../support/recurrent-by-hand.ts';

describe('an LSTM with a wrong derivative or factor inside its cell', () => {
  const pass = passThrough('LSTM');
  const cases: readonly (readonly [string, LstmBug, string, string])[] = [
    ['one derivative left out', { f: () => 1 }, 'gradient.derivative-wrong', 'forget gate'],
    [
      'the derivatives of all sigmoids left out',
      { i: () => 1, o: () => 1, f: () => 1 },
      'gradient.derivative-wrong',
      'and the forget gate',
    ],
    ['a derivative of the argument', { o: (a) => a * (1 - a) }, 'gradient.derivative-of-wrong-value', 'output gate'],
    [
      'the sigmoid applied once more',
      { i: (_, y) => sigmoid(y) * (1 - sigmoid(y)) },
      'gradient.derivative-of-wrong-value',
      'input gate',
    ],
    ['a tanh that is not squared', { g: (_, y) => 1 - y }, 'gradient.derivative-wrong', 'candidate'],
    ["the cell state's tanh forgotten", { state: () => 1 }, 'gradient.derivative-wrong', 'cell state'],
    [
      'both tanhs of their arguments',
      { g: (a) => 1 - a * a, state: (a) => 1 - a * a },
      'gradient.derivative-of-wrong-value',
      'candidate and the cell state',
    ],
    ['the forget gate reads the new cell', { forgetReads: 'new' }, 'gradient.derivative-wrong', 'new cell state'],
    [
      'the forget gate left out of the carry',
      { carry: () => 1 },
      'gradient.derivative-wrong',
      'forget gate is left out',
    ],
    ['the cell state not carried', { cut: true }, 'recurrent.truncated', 'cell state'],
    ['nothing through the peepholes', { peep: 0 }, 'gradient.overwritten', 'peepholes'],
    ["one gate's part for x forgotten", { toX: (gate) => gate !== 1 }, 'gradient.overwritten', 'output gate'],
  ];

  it.each(cases)('%s is named by what x gets', (_, bug, cause, words) => {
    const found = blame(pass, 'h', lstmByHand(pass, bug).dx, [T, B, I]).cause;
    expect(found?.id).toBe(cause);
    expect(found?.claim).toContain(words);
  });

  it.each(cases.slice(0, 7))('%s is named by the gradients of the weights', (_, bug, cause, words) => {
    const { dw, dr, db } = lstmByHand(pass, bug);
    for (const [name, wrong, shape] of [
      ['w', dw, [1, 4 * H, I]],
      ['r', dr, [1, 4 * H, H]],
      ['b', db, [1, 8 * H]],
    ] as const) {
      const found = blame(pass, name, wrong, shape).cause;
      expect(found?.id).toBe(cause);
      expect(found?.claim).toContain(words);
    }
  });

  it('is named by the gradient of the peepholes', () => {
    const { dp } = lstmByHand(pass, { state: () => 1 });
    expect(blame(pass, 'p', dp, [1, 3 * H]).cause?.claim).toContain('cell state is 1');
    expect(blame(pass, 'p', zeros(3 * H), [1, 3 * H]).cause?.id).toBe('gradient.zero');
  });

  it('is not named where the way back is right, or wrong in a way without a name', () => {
    expect(blame(pass, 'h', lstmByHand(pass, {}).dx, [T, B, I]).cause).toBe(null);
    expect(blame(pass, 'h', lstmByHand(pass, { f: (a, y) => a * y + 0.3 }).dx, [T, B, I]).cause).toBe(null);
  });
});

describe('gradients of the parameters of a recurrent layer', () => {
  it.each([
    ['LSTM', [0, 2, 3, 1], 'input, forget, cell, output'],
    ['LSTM', [0, 3, 2, 1], 'input, cell, forget, output'],
    ['GRU', [1, 0, 2], 'reset, update, hidden'],
  ] as const)('of %s with their blocks in the order %s are named', (op, order, words) => {
    for (const [name, halves] of [
      ['w', 1],
      ['r', 1],
      ['b', 2],
    ] as const) {
      const pass = passThrough(op, 'bidirectional');
      const right = rightGradient(pass, name);
      const shape = pass.graph.initializers.get(name)!.shape;
      const [gates, rows] = [order.length, right.length / (2 * halves)];
      const block = rows / gates;
      const wrong = right.map(
        (_, i) => right[i - (i % rows) + order[Math.floor((i % rows) / block)]! * block + (i % block)]!,
      );
      const found = blame(pass, name, wrong, shape).cause;
      expect(found?.id).toBe('recurrent.gate-order');
      expect(found?.claim).toContain(words);
    }
  });

  it('of one bias only is named', () => {
    const pass = passThrough('LSTM');
    const right = rightGradient(pass, 'b');
    const found = blame(
      pass,
      'b',
      right.map((x, i) => (i < 4 * H ? x : 0)),
      [1, 8 * H],
    ).cause;
    expect(found?.id).toBe('gradient.zero');
    expect(found?.claim).toContain('bias of the recurrence');
  });

  it('of both biases of a GRU that resets late, taken for the same, is named', () => {
    const pass = passThrough('GRU', 'forward', 1);
    const right = rightGradient(pass, 'b');
    const found = blame(
      pass,
      'b',
      right.map((x, i) => (i < 3 * H ? x : right[i - 3 * H]!)),
      [1, 6 * H],
    ).cause;
    expect(found?.claim).toContain('both biases get the same gradient');
  });
});

describe('a GRU with a wrong factor inside its cell', () => {
  it.each([0, 1])('is named, with linear_before_reset %s', (late) => {
    const pass = passThrough('GRU', 'forward', late);
    const told = (bug: Parameters<typeof gruByHand>[2]) =>
      blame(pass, 'h', gruByHand(pass, late === 1, bug), [T, B, I]).cause;
    expect(told({})).toBe(null);
    expect(told({ keep: 0 })?.id).toBe('recurrent.truncated');
    expect(told({ z: -1 })?.id).toBe('sign.flipped');
    expect(told({ n: () => 1 })?.id).toBe('gradient.derivative-wrong');
    expect(told({ reset: 1 })?.claim).toContain('reset gate is left out');
  });
});
