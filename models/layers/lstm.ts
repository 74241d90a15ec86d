/** Sizes of a recurrent layer: time, batch, numbers in, numbers out. */
export interface Recurrent {
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  /** From the last step to the first. */
  readonly reverse?: boolean;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The steps in the order in which they are taken. */
export const stepsOf = ({ T, reverse }: Recurrent) => Array.from({ length: T }, (_, i) => (reverse ? T - 1 - i : i));

/** bias + W[row] · x + R[row] · h, for one row of the stacked weights */
export function gate(
  row: number,
  bias: number,
  x: Float32Array,
  weight: Float32Array,
  I: number,
  h: Float32Array,
  recurrence: Float32Array,
  H: number,
): number {
  let sum = bias;
  for (let i = 0; i < I; i++) sum += weight[row * I + i]! * x[i]!;
  for (let i = 0; i < H; i++) sum += recurrence[row * H + i]! * h[i]!;
  return sum;
}

/**
 * A long short-term memory, its gates in ONNX's order: input, output, forget, cell. It begins with zeros.
 *
 * out, cells: [T, B, H], gates: [T, B, 4H] after their activations, which the backward pass wants, x: [T, B, I], weight: [4H, I],
 * recurrence: [4H, H], bias: [8H], that of the input before that of the recurrence
 */
export function lstm(
  out: Float32Array,
  cells: Float32Array,
  gates: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  recurrence: Float32Array,
  bias: Float32Array,
  sizes: Recurrent,
): void {
  const { B, I, H } = sizes;
  let before = -1;
  for (const t of stepsOf(sizes)) {
    for (let b = 0; b < B; b++) {
      const at = t * B + b;
      const past = (of: Float32Array) =>
        before < 0 ? new Float32Array(H) : of.subarray((before * B + b) * H, (before * B + b + 1) * H);
      const [input, h, c] = [x.subarray(at * I, (at + 1) * I), past(out), past(cells)];
      for (let row = 0; row < 4 * H; row++) {
        const sum = gate(row, bias[row]! + bias[4 * H + row]!, input, weight, I, h, recurrence, H);
        gates[at * 4 * H + row] = row < 3 * H ? sigmoid(sum) : Math.tanh(sum);
      }
      for (let j = 0; j < H; j++) {
        const [i, o, f, g] = [0, 1, 2, 3].map((block) => gates[at * 4 * H + block * H + j]!) as Four;
        cells[at * H + j] = f * c[j]! + i * g;
        out[at * H + j] = o * Math.tanh(cells[at * H + j]!);
      }
    }
    before = t;
  }
}

type Four = [number, number, number, number];

/** Adds to dx: [T, B, I], dweight, drecurrence and dbias what dout: [T, B, H] leads to. */
export function lstmBackward(
  dx: Float32Array,
  dweight: Float32Array,
  drecurrence: Float32Array,
  dbias: Float32Array,
  dout: Float32Array,
  out: Float32Array,
  cells: Float32Array,
  gates: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  recurrence: Float32Array,
  sizes: Recurrent,
): void {
  const { B, I, H } = sizes;
  const [dh, dc] = [new Float64Array(B * H), new Float64Array(B * H)];
  const steps = stepsOf(sizes).toReversed();
  steps.forEach((t, k) => {
    const before = steps[k + 1] ?? -1;
    for (let b = 0; b < B; b++) {
      const at = t * B + b;
      const past = (of: Float32Array) =>
        before < 0 ? new Float32Array(H) : of.subarray((before * B + b) * H, (before * B + b + 1) * H);
      const [h, c] = [past(out), past(cells)];
      const dgates = new Float64Array(4 * H);
      for (let j = 0; j < H; j++) {
        const [i, o, f, g] = [0, 1, 2, 3].map((block) => gates[at * 4 * H + block * H + j]!) as Four;
        const squashed = Math.tanh(cells[at * H + j]!);
        const d = dout[at * H + j]! + dh[b * H + j]!;
        const dcell = dc[b * H + j]! + d * o * (1 - squashed * squashed);
        dgates[j] = dcell * g * i * (1 - i);
        dgates[H + j] = d * squashed * o * (1 - o);
        dgates[2 * H + j] = dcell * c[j]! * f * (1 - f);
        dgates[3 * H + j] = dcell * i * (1 - g * g);
        dc[b * H + j] = dcell * f;
        dh[b * H + j] = 0;
      }
      for (let row = 0; row < 4 * H; row++) {
        const d = dgates[row]!;
        for (let i = 0; i < I; i++) {
          dx[at * I + i]! += d * weight[row * I + i]!;
          dweight[row * I + i]! += d * x[at * I + i]!;
        }
        for (let i = 0; i < H; i++) {
          dh[b * H + i]! += d * recurrence[row * H + i]!;
          drecurrence[row * H + i]! += d * h[i]!;
        }
        dbias[row]! += d;
        dbias[4 * H + row]! += d;
      }
    }
  });
}
