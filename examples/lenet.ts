// A hand-written LeNet, as somebody might have it: plain loops over plain arrays. The default export hands it to layerdiff:
//   layerdiff check examples/lenet.ts --reference models/twins/lenet/model.onnx --inputs models/twins/lenet/inputs.safetensors
import type { Layer, Network } from '../adapters/network/index.ts';

type Floats = Float32Array;

// ---- the loops.   B batch, C channels, H × W image, O output channels, I inputs; kernels are 3 × 3 with padding 1

export function conv(
  out: Floats,
  x: Floats,
  w: Floats,
  b: Floats,
  B: number,
  C: number,
  O: number,
  H: number,
  W: number,
): void {
  for (let n = 0; n < B * O * H * W; n++) out[n] = b[Math.floor(n / (H * W)) % O]!;
  eachTap(B, C, O, H, W, (y, from, tap) => (out[y]! += x[from]! * w[tap]!));
}

function convBackward(
  dx: Floats,
  dw: Floats,
  db: Floats,
  dy: Floats,
  x: Floats,
  w: Floats,
  B: number,
  C: number,
  O: number,
  H: number,
  W: number,
): void {
  for (let n = 0; n < B * O * H * W; n++) db[Math.floor(n / (H * W)) % O]! += dy[n]!;
  eachTap(B, C, O, H, W, (y, from, tap) => {
    dx[from]! += w[tap]! * dy[y]!;
    dw[tap]! += x[from]! * dy[y]!;
  });
}

/** Every product of the convolution: which output it goes to, which input and which weight it is of. */
function eachTap(
  B: number,
  C: number,
  O: number,
  H: number,
  W: number,
  visit: (out: number, x: number, weight: number) => void,
): void {
  for (let n = 0; n < B * O * H * W; n++) {
    const [w, h, o, b] = [n % W, Math.floor(n / W) % H, Math.floor(n / (W * H)) % O, Math.floor(n / (W * H * O))];
    for (let c = 0; c < C; c++) {
      for (let k = 0; k < 9; k++) {
        const [row, column] = [h + Math.floor(k / 3) - 1, w + (k % 3) - 1];
        if (row < 0 || row >= H || column < 0 || column >= W) continue;
        visit(n, ((b * C + c) * H + row) * W + column, (o * C + c) * 9 + k);
      }
    }
  }
}

// ---- its parameters: its own arrays, into which layerdiff copies the reference's numbers

const array = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
const parameters = {
  'conv1.weight': array(8, 1, 3, 3),
  'conv1.bias': array(8),
  'conv2.weight': array(16, 8, 3, 3),
  'conv2.bias': array(16),
  'fc1.weight': array(32, 64),
  'fc1.bias': array(32),
  'fc2.weight': array(10, 32),
  'fc2.bias': array(10),
};

/** Weight and bias of a layer. */
const of = (name: string) => {
  const { [`${name}.weight`]: weight, [`${name}.bias`]: bias } = parameters as Network['parameters'] & {};
  return [weight!.data, bias!.data] as const;
};

// ---- its layers: forward beside backward

function convLayer(name: string, C: number, O: number): Layer {
  const [w, b] = of(name);
  return {
    name,
    forward({ input: { data: x, shape } }) {
      const [B, , H, W] = shape as [number, number, number, number];
      const y = new Float32Array(B * O * H * W);
      conv(y, x, w, b, B, C, O, H, W);
      return { data: y, shape: [B, O, H, W] };
    },
    backward({ input: { data: x, shape }, gradient: dy }) {
      const [B, , H, W] = shape as [number, number, number, number];
      const [dx, dw, db] = [new Float32Array(x.length), new Float32Array(w.length), new Float32Array(O)];
      convBackward(dx, dw, db, dy, x, w, B, C, O, H, W);
      return { input: dx, parameters: { [`${name}.weight`]: dw, [`${name}.bias`]: db } };
    },
  };
}

function linearLayer(name: string, I: number, O: number): Layer {
  const [w, b] = of(name);
  return {
    name,
    forward: ({ input: { data: x, shape } }) => {
      const y = new Float32Array(shape[0]! * O);
      for (let n = 0; n < y.length; n++) {
        const [row, o] = [Math.floor(n / O), n % O];
        let sum = b[o]!;
        for (let i = 0; i < I; i++) sum += x[row * I + i]! * w[o * I + i]!;
        y[n] = sum;
      }
      return { data: y, shape: [shape[0]!, O] };
    },
    backward({ input: { data: x }, gradient: dy }) {
      const [dx, dw, db] = [new Float32Array(x.length), new Float32Array(I * O), new Float32Array(O)];
      for (let n = 0; n < dy.length; n++) {
        const [row, o] = [Math.floor(n / O), n % O];
        db[o]! += dy[n]!;
        for (let i = 0; i < I; i++) {
          dx[row * I + i]! += w[o * I + i]! * dy[n]!;
          dw[o * I + i]! += x[row * I + i]! * dy[n]!;
        }
      }
      return { input: dx, parameters: { [`${name}.weight`]: dw, [`${name}.bias`]: db } };
    },
  };
}

const reluLayer = (name: string): Layer => ({
  name,
  forward: ({ input }) => input.data.map((x) => Math.max(0, x)),
  backward: ({ input, gradient }) => gradient.map((d, i) => (input.data[i]! > 0 ? d : 0)),
});

/** The largest of each 2 × 2 window; remembers where it lay. */
const poolLayer = (name: string): Layer => ({
  name,
  forward({ input: { data: x, shape }, saved }) {
    const [B, C, H, W] = shape as [number, number, number, number];
    const where = new Float32Array((B * C * H * W) / 4).map((_, n) => {
      const [q, p, plane] = [n % (W / 2), Math.floor(n / (W / 2)) % (H / 2), Math.floor((n * 4) / (H * W))];
      const corner = (plane * H + 2 * p) * W + 2 * q;
      return [corner, corner + 1, corner + W, corner + W + 1].reduce((best, i) => (x[i]! > x[best]! ? i : best));
    });
    saved['where'] = where;
    return { data: where.map((i) => x[i]!), shape: [B, C, H / 2, W / 2] };
  },
  backward({ input, saved, gradient }) {
    const dx = new Float32Array(input.data.length);
    gradient.forEach((d, n) => (dx[saved['where']![n]!]! += d));
    return dx;
  },
});

/** The mean of -log softmax(logits)[target] over the batch. */
const lossLayer: Layer = {
  name: 'loss',
  inputs: ['logits', 'target'],
  forward({ inputs, saved }) {
    const { data: logits, shape } = inputs['logits']!;
    const [B, C] = shape as [number, number];
    const p = Float32Array.from(logits);
    let loss = 0;
    for (let b = 0; b < B; b++) {
      const row = p.subarray(b * C, (b + 1) * C);
      const max = Math.max(...row);
      const sum = row.reduce((s, x) => s + Math.exp(x - max), 0);
      loss += Math.log(sum) - (row[inputs['target']!.data[b]!]! - max);
      for (let c = 0; c < C; c++) row[c] = Math.exp(row[c]! - max) / sum;
    }
    saved['p'] = p;
    return loss / B;
  },
  backward({ inputs, saved }) {
    const [B, C] = inputs['logits']!.shape as [number, number];
    const target = inputs['target']!.data;
    const d = saved['p']!.map((p, n) => (p - (n % C === target[Math.floor(n / C)]! ? 1 : 0)) / B);
    return { inputs: { logits: d, target: null } };
  },
};

const lenet: Network = {
  name: 'lenet, by hand',
  inputs: ['input', 'target'],
  parameters,
  layers: [
    convLayer('conv1', 1, 8),
    reluLayer('relu1'),
    poolLayer('pool1'),
    convLayer('conv2', 8, 16),
    reluLayer('relu2'),
    poolLayer('pool2'),
    {
      name: 'flat',
      forward: ({ input }) => ({ data: input.data, shape: [input.shape[0]!, 64] }),
      backward: ({ gradient }) => gradient,
    },
    linearLayer('fc1', 64, 32),
    reluLayer('relu3'),
    { ...linearLayer('fc2', 32, 10), outputs: ['logits'] },
    lossLayer,
  ],
  // Where the reference calls a tensor otherwise. What is not listed is matched by name and by structure.
  names: {
    ...Object.fromEntries(Object.keys(parameters).map((name) => [name, `net.${name}`])),
    logits: 'output',
  },
};

export default lenet;
