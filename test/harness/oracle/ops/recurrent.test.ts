import { describe, expect, it } from '@jest/globals';
import { gru } from '../../../../harness/oracle/ops/gru.ts';
import { lstm } from '../../../../harness/oracle/ops/lstm.ts';
import { rnn } from '../../../../harness/oracle/ops/rnn.ts';
import type { Operator } from '../../../../harness/types/oracle.ts';
import { type Trial, expectLawful, float, floats, forward, int, random, text, texts, value } from './_vjp-laws.ts';

const [steps, batch, size, hidden] = [5, 2, 3, 3];

interface Form {
  readonly directions?: 1 | 2;
  readonly batchFirst?: boolean;
  readonly lengths?: boolean;
  readonly peepholes?: boolean;
  readonly plain?: boolean;
  readonly attributes?: NonNullable<Trial['attributes']>;
}

/** A node of a recurrent operator with every input but those that the form leaves out. */
function recurrent(operator: Operator, form: Form): Trial {
  const { directions = 1, batchFirst = false } = form;
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[operator.op]!;
  const state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const cell = operator.op === 'LSTM';
  const all = [
    random(batchFirst ? [batch, steps, size] : [steps, batch, size], 1),
    random([directions, gates * hidden, size], 2),
    random([directions, gates * hidden, hidden], 3),
    random([directions, 2 * gates * hidden], 4),
    form.lengths ? value('int32', [batch], [5, 3]) : undefined,
    random(state, 5),
    cell ? random(state, 6) : undefined,
    cell && form.peepholes ? random([directions, 3 * hidden], 7) : undefined,
  ];
  return {
    operator,
    inputs: form.plain ? all.slice(0, 3) : all,
    outputs: cell ? 3 : 2,
    attributes: { hidden_size: int(hidden), layout: int(batchFirst ? 1 : 0), ...form.attributes },
    seeds: cell ? [0, 1, 2] : [0, 1],
  };
}

const forms: readonly (readonly [string, Form])[] = [
  ['without bias and initial states', { plain: true }],
  ['with every input', {}],
  ['backwards, with sequences of several lengths', { lengths: true, attributes: { direction: text('reverse') } }],
  [
    'in both directions, batch first',
    { directions: 2, batchFirst: true, lengths: true, attributes: { direction: text('bidirectional') } },
  ],
  ['with a clip', { attributes: { clip: float(0.6) } }],
];

describe.each([rnn, gru, lstm])('$op', (operator) => {
  it.each(forms)('%s: its product is the derivative of its forward', (_, form) =>
    expectLawful(recurrent(operator, form)),
  );

  it('leaves zeros behind the end of a sequence, and keeps its last state', () => {
    const [y, last] = forward(recurrent(operator, { lengths: true }));
    const at = (step: number) => Array.from(y!.data.slice((step * batch + 1) * hidden, (step * batch + 2) * hidden));
    expect(at(3)).toEqual([0, 0, 0]);
    expect(at(2)).toEqual(Array.from(last!.data.slice(hidden)));
    expect(at(2)).not.toEqual([0, 0, 0]);
  });
  it('gives the same, batch first or steps first', () => {
    const [a, b] = [recurrent(operator, { plain: true }), recurrent(operator, { plain: true, batchFirst: true })];
    const swapped = Float64Array.from(a.inputs[0]!.data, (_, i) => {
      const [s, n, k] = [Math.floor(i / (batch * size)), Math.floor(i / size) % batch, i % size];
      return b.inputs[0]!.data[(n * steps + s) * size + k]!;
    });
    const [y, last] = forward({ ...a, inputs: [{ ...a.inputs[0]!, data: swapped }, ...a.inputs.slice(1)] });
    const [z, zLast] = forward(b);
    expect([z!.shape, zLast!.shape]).toEqual([
      [batch, steps, 1, hidden],
      [batch, 1, hidden],
    ]);
    expect(zLast!.data).toEqual(last!.data);
    expect(z!.data.slice(0, hidden)).toEqual(y!.data.slice(0, hidden));
  });
});

describe('activations', () => {
  const named = [
    'Relu',
    'Tanh',
    'Sigmoid',
    'Affine',
    'LeakyRelu',
    'ThresholdedRelu',
    'ScaledTanh',
    'HardSigmoid',
    'Elu',
    'Softsign',
    'Softplus',
  ];
  it.each(named)('%s in an RNN: its product is the derivative', (name) => {
    expectLawful(
      recurrent(rnn, {
        attributes: { activations: texts(name), activation_alpha: floats(0.3), activation_beta: floats(0.7) },
      }),
    );
  });
  it('are taken three a direction by LSTM, alpha and beta in order', () => {
    const attributes = {
      direction: text('bidirectional'),
      activations: texts('HardSigmoid', 'Tanh', 'Elu', 'Sigmoid', 'ScaledTanh', 'Softsign'),
      activation_alpha: floats(0.3, 0.9, 1.2),
      activation_beta: floats(0.4, 0.8),
    };
    expectLawful(recurrent(lstm, { directions: 2, peepholes: true, attributes }));
  });
  it('that do not exist are refused by name', () => {
    expect(() => forward(recurrent(rnn, { attributes: { activations: texts('Swish') } }))).toThrow(
      /E_UNSUPPORTED.*"Swish".*Supported are relu/,
    );
  });
});

describe('LSTM', () => {
  it.each([0, 1])('with peepholes, input_forget %d', (coupled) => {
    expectLawful(recurrent(lstm, { peepholes: true, attributes: { input_forget: int(coupled) } }));
  });
});

describe('GRU', () => {
  it.each([0, 1])('linear_before_reset %d', (late) => {
    expectLawful(recurrent(gru, { attributes: { linear_before_reset: int(late) } }));
    expectLawful(recurrent(gru, { plain: true, attributes: { linear_before_reset: int(late), clip: float(0.5) } }));
  });
});
