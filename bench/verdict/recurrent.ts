import { indices, sigmoid, tanh, transposed, type Written } from './layers.ts';
import type { Tape, Var } from './tape.ts';

/** A slice of rows of the last axis. */
const columns = (t: Tape, x: Var, from: number, count: number): Var =>
  t.take(
    x,
    [x.shape[0]!, count],
    indices([x.shape[0]!, count], (r, c) => r * x.shape[1]! + from + c),
  );

const rows = (t: Tape, x: Var, step: number): Var => {
  const [, B, I] = x.shape as [number, number, number];
  return t.take(
    x,
    [B, I],
    indices([B, I], (b, i) => (step * B + b) * I + i),
  );
};

/** Gates in ONNX's order iofc. x: [time, batch, in], w: [1, 4·hidden, in], r: [1, 4·hidden, hidden], b: [1, 8·hidden] → [time, 1, batch, hidden] */
export const lstm: Written = (t, x, w, r, b) => {
  const [T, B, I] = x.shape as [number, number, number];
  const h = r!.shape[2]!;
  const W = transposed(t, t.reshape(w!, [4 * h, I]));
  const R = transposed(t, t.reshape(r!, [4 * h, h]));
  const bias = t.reshape(b!, [2, 4 * h]);
  const halves = [0, 1].map((k) =>
    t.take(
      bias,
      [4 * h],
      indices([4 * h], (i) => k * 4 * h + i),
    ),
  );
  let state = t.variable([B, h], new Float64Array(B * h));
  let cell = state;
  const outputs: Var[] = [];
  for (let step = 0; step < T; step++) {
    const fromInput = t.add(t.matmul(rows(t, x, step), W), halves[0]!);
    const gates = t.add(fromInput, t.add(t.matmul(state, R), halves[1]!));
    const [i, o, f, c] = [0, 1, 2, 3].map((k) => columns(t, gates, k * h, h)) as [Var, Var, Var, Var];
    cell = t.add(t.mul(sigmoid(t, f), cell), t.mul(sigmoid(t, i), tanh(t, c)));
    state = t.mul(sigmoid(t, o), tanh(t, cell));
    outputs.push(state);
  }
  return t.reshape(t.concat(outputs), [T, 1, B, h]);
};

/** Gates in ONNX's order zrh, the reset gate before the recurrent product. */
export const gru: Written = (t, x, w, r, b) => {
  const [T, B, I] = x.shape as [number, number, number];
  const h = r!.shape[2]!;
  const W = transposed(t, t.reshape(w!, [3 * h, I]));
  const R = transposed(t, t.reshape(r!, [3 * h, h]));
  const part = (k: number): Var =>
    t.take(
      b!,
      [3 * h],
      indices([3 * h], (i) => k * 3 * h + i),
    );
  const [wb, rb] = [part(0), part(1)];
  let state = t.variable([B, h], new Float64Array(B * h));
  const outputs: Var[] = [];
  for (let step = 0; step < T; step++) {
    const a = t.add(t.matmul(rows(t, x, step), W), wb);
    const u = t.add(
      t.matmul(state, columns(t, R, 0, 2 * h)),
      t.take(
        rb,
        [2 * h],
        indices([2 * h], (i) => i),
      ),
    );
    const gate = (k: number): Var => sigmoid(t, t.add(columns(t, a, k * h, h), columns(t, u, k * h, h)));
    const [z, reset] = [gate(0), gate(1)];
    const inner = t.add(
      t.matmul(t.mul(reset, state), columns(t, R, 2 * h, h)),
      t.take(
        rb,
        [h],
        indices([h], (i) => 2 * h + i),
      ),
    );
    const candidate = tanh(t, t.add(columns(t, a, 2 * h, h), inner));
    state = t.add(t.mul(t.sub(t.constant(1), z), candidate), t.mul(z, state));
    outputs.push(state);
  }
  return t.reshape(t.concat(outputs), [T, 1, B, h]);
};
