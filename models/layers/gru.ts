import { gate, type Recurrent, stepsOf } from './lstm.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Where the reset gate acts: on the recurrent product (PyTorch, cuDNN), or on the state before it (the paper, ONNX's default). */
export interface Gru extends Recurrent {
  readonly linearBeforeReset: boolean;
}

/**
 * A gated recurrent unit, its gates in ONNX's order: update, reset, new.
 *
 * out: [T, B, H], gates: [T, B, 3H] after their activations, and recurrent: [T, B, H], the recurrent part of the new state, which the
 * backward pass wants, x: [T, B, I], initial: [B, H], weight: [3H, I], recurrence: [3H, H], bias: [6H]
 */
export function gru(
  out: Float32Array,
  gates: Float32Array,
  recurrent: Float32Array,
  x: Float32Array,
  initial: Float32Array,
  weight: Float32Array,
  recurrence: Float32Array,
  bias: Float32Array,
  sizes: Gru,
): void {
  const { B, I, H, linearBeforeReset } = sizes;
  const none = new Float32Array(0);
  let before = -1;
  for (const t of stepsOf(sizes)) {
    for (let b = 0; b < B; b++) {
      const at = t * B + b;
      const h = stateOf(out, initial, before, b, B, H);
      const input = x.subarray(at * I, (at + 1) * I);
      for (let row = 0; row < 2 * H; row++) {
        const sum = gate(row, bias[row]! + bias[3 * H + row]!, input, weight, I, h, recurrence, H);
        gates[at * 3 * H + row] = sigmoid(sum);
      }
      const reset = gates.subarray(at * 3 * H + H, at * 3 * H + 2 * H);
      const passed = linearBeforeReset ? h : h.map((value, j) => value * reset[j]!);
      for (let j = 0; j < H; j++) {
        const row = 2 * H + j;
        const part = gate(row, bias[3 * H + row]!, none, weight, 0, passed, recurrence, H);
        const own = gate(row, bias[row]!, input, weight, I, none, recurrence, 0);
        recurrent[at * H + j] = part;
        const n = Math.tanh(own + (linearBeforeReset ? reset[j]! : 1) * part);
        const z = gates[at * 3 * H + j]!;
        gates[at * 3 * H + row] = n;
        out[at * H + j] = (1 - z) * n + z * h[j]!;
      }
    }
    before = t;
  }
}

function stateOf(out: Float32Array, initial: Float32Array, before: number, b: number, B: number, H: number) {
  return before < 0
    ? initial.subarray(b * H, (b + 1) * H)
    : out.subarray((before * B + b) * H, (before * B + b + 1) * H);
}

/** Adds to dx: [T, B, I], dinitial: [B, H], dweight, drecurrence and dbias what dout: [T, B, H] leads to. */
export function gruBackward(
  dx: Float32Array,
  dinitial: Float32Array,
  dweight: Float32Array,
  drecurrence: Float32Array,
  dbias: Float32Array,
  dout: Float32Array,
  out: Float32Array,
  gates: Float32Array,
  recurrent: Float32Array,
  x: Float32Array,
  initial: Float32Array,
  weight: Float32Array,
  recurrence: Float32Array,
  sizes: Gru,
): void {
  const { B, I, H, linearBeforeReset } = sizes;
  const dh = new Float64Array(B * H);
  const steps = stepsOf(sizes).toReversed();
  steps.forEach((t, k) => {
    for (let b = 0; b < B; b++) {
      const at = t * B + b;
      const h = stateOf(out, initial, steps[k + 1] ?? -1, b, B, H);
      const [own, theirs, carried] = [new Float64Array(3 * H), new Float64Array(3 * H), new Float64Array(H)];
      for (let j = 0; j < H; j++) {
        const [z, r, n] = [0, 1, 2].map((block) => gates[at * 3 * H + block * H + j]!) as [number, number, number];
        const d = dout[at * H + j]! + dh[b * H + j]!;
        const dn = d * (1 - z) * (1 - n * n);
        own[j] = theirs[j] = d * (h[j]! - n) * z * (1 - z);
        own[2 * H + j] = dn;
        theirs[2 * H + j] = linearBeforeReset ? dn * r : dn;
        if (linearBeforeReset) own[H + j] = theirs[H + j] = dn * recurrent[at * H + j]! * r * (1 - r);
        carried[j] = d * z;
      }
      if (!linearBeforeReset) throughReset(own, theirs, carried, gates, at, h, recurrence, H);
      for (let row = 0; row < 3 * H; row++) {
        const isNew = row >= 2 * H;
        for (let i = 0; i < I; i++) {
          dx[at * I + i]! += own[row]! * weight[row * I + i]!;
          dweight[row * I + i]! += own[row]! * x[at * I + i]!;
        }
        for (let i = 0; i < H; i++) {
          const seen = isNew && !linearBeforeReset ? h[i]! * gates[at * 3 * H + H + i]! : h[i]!;
          drecurrence[row * H + i]! += theirs[row]! * seen;
          if (!isNew || linearBeforeReset) carried[i]! += theirs[row]! * recurrence[row * H + i]!;
        }
        dbias[row]! += own[row]!;
        dbias[3 * H + row]! += theirs[row]!;
      }
      for (let i = 0; i < H; i++) dh[b * H + i] = carried[i]!;
    }
  });
  for (let i = 0; i < B * H; i++) dinitial[i]! += dh[i]!;
}

/** The state that the reset gate let through to the product: what comes back goes to the gate and to the state. */
function throughReset(
  own: Float64Array,
  theirs: Float64Array,
  carried: Float64Array,
  gates: Float32Array,
  at: number,
  h: Float32Array,
  recurrence: Float32Array,
  H: number,
): void {
  for (let i = 0; i < H; i++) {
    let d = 0;
    for (let j = 0; j < H; j++) d += theirs[2 * H + j]! * recurrence[(2 * H + j) * H + i]!;
    const r = gates[at * 3 * H + H + i]!;
    own[H + i] = theirs[H + i] = d * h[i]! * r * (1 - r);
    carried[i]! += d * r;
  }
}
