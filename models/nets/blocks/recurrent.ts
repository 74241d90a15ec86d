import { gru, gruBackward } from '../../layers/gru.ts';
import { lstm, lstmBackward } from '../../layers/lstm.ts';
import { exchange } from '../../layers/transpose.ts';
import { get, type Layer, type Operator, type Tensor, zeros } from '../layer.ts';
import { integers } from './embedding.ts';

/** Time before batch, or batch before time: [A, B, D] → [B, A, D]. */
export function turned({ data, shape }: Tensor): Tensor {
  const [A, B, D] = shape as [number, number, number];
  const out = new Float32Array(data.length);
  exchange(out, data, 1, A, B, D);
  return { data: out, shape: [B, A, D] };
}

/**
 * A long short-term memory, batch first: [B, T, I] → [B, T, H]. Gates in ONNX's order.
 * Parameters: lstm.weight [1, 4H, I], lstm.recurrence [1, 4H, H], lstm.bias [1, 8H].
 */
export function memory(name: string, input: string, H: number): Layer {
  const inner = memories(name, input, H, 1);
  const [w, r, b] = inner.parameters as [string, string, string];
  return {
    ...inner,
    op: [
      { type: 'Transpose', inputs: [input], attributes: { perm: [1, 0, 2] }, outputs: ['time first'] },
      { type: 'LSTM', inputs: ['time first', w, r, b], attributes: { hidden_size: H }, outputs: ['states'] },
      { type: 'Squeeze', inputs: ['states', integers([1], [1])], outputs: ['forward states'] },
      { type: 'Transpose', inputs: ['forward states'], attributes: { perm: [1, 0, 2] } },
    ],
    forward(context) {
      const { data, shape } = inner.forward({ ...context, input: turned(context.input) }) as Tensor;
      return turned({ data, shape: [shape[0]!, shape[2]!, H] });
    },
    backward(context) {
      const gradient = turned({ data: context.gradient, shape: context.output.shape }).data;
      const output = turned(context.output);
      const input_ = turned(context.input);
      const { inputs, parameters } = inner.backward({ ...context, input: input_, output, gradient });
      return { inputs: [turned({ data: inputs[0]!, shape: input_.shape }).data], parameters: parameters ?? {} };
    },
  };
}

/**
 * The same with time first, and in one direction or in both: [T, B, I] → [T, directions, B, H].
 * Parameters: lstm.weight [directions, 4H, I], lstm.recurrence [directions, 4H, H], lstm.bias [directions, 8H].
 */
export function memories(name: string, input: string, H: number, directions: 1 | 2): Layer {
  const [w, r, b] = [`${name}.weight`, `${name}.recurrence`, `${name}.bias`];
  const attributes = { hidden_size: H, ...(directions === 2 ? { direction: 'bidirectional' } : {}) };
  const sizes = ({ shape }: Tensor, direction: number) => {
    const [T, B, I] = shape as [number, number, number];
    return { T, B, I, H, reverse: direction === 1 };
  };
  const parts = (data: Float32Array) => {
    const size = data.length / directions;
    return Array.from({ length: directions }, (_, d) => data.subarray(d * size, (d + 1) * size));
  };
  return {
    name,
    inputs: [input],
    parameters: [w, r, b],
    op: { type: 'LSTM', attributes } satisfies Operator,
    forward({ input: x, parameters, saved }) {
      const [T, B] = x.shape as [number, number];
      const [W, R, bias] = [w, r, b].map((each) => parts(get(parameters, each).data)) as Three;
      const out = new Float32Array(T * directions * B * H);
      for (let d = 0; d < directions; d++) {
        const [y, cells, gates] = [1, 1, 4].map((n) => new Float32Array(n * T * B * H)) as Row;
        lstm(y, cells, gates, x.data, W[d]!, R[d]!, bias[d]!, sizes(x, d));
        Object.assign(saved, { [`y${d}`]: y, [`cells${d}`]: cells, [`gates${d}`]: gates });
        for (let at = 0; at < y.length; at++) {
          const t = Math.floor(at / (B * H));
          out[(t * directions + d) * B * H + (at % (B * H))] = y[at]!;
        }
      }
      return { data: out, shape: [T, directions, B, H] };
    },
    backward({ input: x, parameters, saved, gradient }) {
      const [W, R] = [w, r].map((each) => parts(get(parameters, each).data)) as [Row, Row];
      const [dx, dW, dR, dbias] = [x, w, r, b].map((t) => zeros(typeof t === 'string' ? get(parameters, t) : t)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const size = x.shape[1]! * H;
      for (let d = 0; d < directions; d++) {
        const dy = saved[`y${d}`]!.map(
          (_, at) => gradient[(Math.floor(at / size) * directions + d) * size + (at % size)]!,
        );
        const grads = [parts(dW)[d]!, parts(dR)[d]!, parts(dbias)[d]!] as const;
        const [y, cells, gates] = [saved[`y${d}`]!, saved[`cells${d}`]!, saved[`gates${d}`]!];
        lstmBackward(dx, ...grads, dy, y, cells, gates, x.data, W[d]!, R[d]!, sizes(x, d));
      }
      return { inputs: [dx], parameters: { [w]: dW, [r]: dR, [b]: dbias } };
    },
  };
}

type Row = [Float32Array, Float32Array, Float32Array];
type Three = [Row, Row, Row];

/**
 * A gated recurrent unit, time first, that begins with a state that it is given: [T, B, I] and [1, B, H] → [T, 1, B, H]. Gates in ONNX's order.
 * Parameters: gru.weight [1, 3H, I], gru.recurrence [1, 3H, H], gru.bias [1, 6H].
 */
export function gated(name: string, input: string, initial: string, H: number, linearBeforeReset: boolean): Layer {
  const [w, r, b] = [`${name}.weight`, `${name}.recurrence`, `${name}.bias`];
  const sizes = ({ shape }: Tensor) => {
    const [T, B, I] = shape as [number, number, number];
    return { T, B, I, H, linearBeforeReset };
  };
  return {
    name,
    inputs: [input, initial],
    parameters: [w, r, b],
    op: {
      type: 'GRU',
      inputs: [input, w, r, b, '', initial],
      attributes: { hidden_size: H, linear_before_reset: linearBeforeReset ? 1 : 0 },
    },
    forward({ input: x, inputs, parameters, saved }) {
      const [T, B] = x.shape as [number, number];
      const [out, gates, recurrent] = [1, 3, 1].map((n) => new Float32Array(n * T * B * H)) as Row;
      const [W, R, bias] = [w, r, b].map((each) => get(parameters, each).data) as Row;
      gru(out, gates, recurrent, x.data, get(inputs, initial).data, W, R, bias, sizes(x));
      Object.assign(saved, { gates, recurrent, states: out.slice() });
      return { data: out, shape: [T, 1, B, H] };
    },
    backward({ input: x, inputs, parameters, saved, gradient }) {
      const first = get(inputs, initial);
      const [W, R] = [get(parameters, w), get(parameters, r)];
      const [dx, dfirst, dW, dR, db] = [x, first, W, R, get(parameters, b)].map(zeros) as [
        ...Row,
        Float32Array,
        Float32Array,
      ];
      const [gates, recurrent, states] = [saved['gates']!, saved['recurrent']!, saved['states']!];
      gruBackward(
        dx,
        dfirst,
        dW,
        dR,
        db,
        gradient,
        states,
        gates,
        recurrent,
        x.data,
        first.data,
        W.data,
        R.data,
        sizes(x),
      );
      return { inputs: [dx, dfirst], parameters: { [w]: dW, [r]: dR, [b]: db } };
    },
  };
}
