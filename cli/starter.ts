import { writeFileSync } from 'node:fs';
import { encodeModel, GraphBuilder } from '../adapters/onnx/index.ts';
import { int } from '../adapters/onnx/rule.ts';
import { writeSafetensors } from '../adapters/trace/index.ts';
import { float32, int64, sourceOf } from '../harness/tensor.ts';
import type { Tensor } from '../harness/types/tensor.ts';

/** A file of the first example. */
export interface StarterFile {
  readonly path: string;
  write(path: string): void;
}

/** A network written by hand, the same network as an ONNX model, inputs, and the configuration that compares them. Sizes are primes, so that no two are mixed up unseen. */
export const starter: readonly StarterFile[] = [
  { path: 'layerdiff.config.ts', write: (path) => writeFileSync(path, CONFIG) },
  { path: 'layerdiff-example/network.ts', write: (path) => writeFileSync(path, NETWORK) },
  {
    path: 'layerdiff-example/model.onnx',
    write: (path) => writeFileSync(path, encodeModel(exampleModel(), { inline: () => true })),
  },
  { path: 'layerdiff-example/inputs.safetensors', write: (path) => writeSafetensors(path, exampleInputs()) },
];

const [BATCH, FEATURES, HIDDEN, CLASSES] = [5, 7, 11, 3] as const;

function exampleModel() {
  const b = new GraphBuilder('example', 17);
  const x = b.input('x', 'float32', [BATCH, FEATURES]);
  const target = b.input('target', 'int64', [BATCH]);
  const parameter = (name: string, shape: readonly number[], phase: number) => b.initializer(name, waves(shape, phase));
  const transB = { transB: int(1) };
  const fc1 = [parameter('fc1.weight', [HIDDEN, FEATURES], 1), parameter('fc1.bias', [HIDDEN], 2)];
  const hidden = b.node('Gemm', [x, ...fc1], transB, { name: 'fc1', outputNames: ['fc1'] });
  const active = b.node('Relu', [hidden], {}, { name: 'relu', outputNames: ['relu'] });
  const fc2 = [parameter('fc2.weight', [CLASSES, HIDDEN], 3), parameter('fc2.bias', [CLASSES], 4)];
  const logits = b.node('Gemm', [active, ...fc2], transB, { name: 'fc2', outputNames: ['fc2'] });
  b.output(
    b.node('SoftmaxCrossEntropyLoss', [logits, target], {}, { name: 'loss', outputNames: ['loss'] }),
    'float32',
    [],
  );
  return b.graph();
}

function exampleInputs() {
  const target = int64(
    [BATCH],
    Array.from({ length: BATCH }, (_, i) => (i * 2) % CLASSES),
  );
  return [
    ['x', sourceOf(waves([BATCH, FEATURES], 5))],
    ['target', sourceOf(target)],
  ] as const;
}

/** Numbers that differ from one another and are the same on every machine. */
function waves(shape: readonly number[], phase: number): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  return float32(
    shape,
    Array.from({ length: size }, (_, i) => Math.round(1000 * Math.sin(phase + 1.7 * i)) / 1000),
  );
}

const CONFIG = `import { defineConfig } from 'layerdiff';

export default defineConfig({
  subject: './layerdiff-example/network.ts', // your network: a module, or a trace it dumped (.safetensors, .npz)
  reference: './layerdiff-example/model.onnx', // the same network in a framework
  inputs: './layerdiff-example/inputs.safetensors',
  report: ['terminal', 'html'],
});
`;

const NETWORK = `// A network written by hand: two linear layers, ReLU, cross-entropy. Break something (leave out the bias, say), and run
// "npx layerdiff check" again.
import type { Network } from 'layerdiff';

const linear = (name: string, outputs: number) => ({
  name,
  forward({ input: { data: x, shape: [B, I] }, parameters }) {
    const [w, b] = [parameters[\`\${name}.weight\`].data, parameters[\`\${name}.bias\`].data];
    const y = new Float32Array(B * outputs);
    for (let n = 0; n < B; n++)
      for (let o = 0; o < outputs; o++) {
        y[n * outputs + o] = b[o];
        for (let i = 0; i < I; i++) y[n * outputs + o] += x[n * I + i] * w[o * I + i];
      }
    return { data: y, shape: [B, outputs] };
  },
  backward({ input: { data: x, shape: [B, I] }, parameters, gradient: dy }) {
    const w = parameters[\`\${name}.weight\`].data;
    const [dx, dw, db] = [new Float32Array(B * I), new Float32Array(outputs * I), new Float32Array(outputs)];
    for (let n = 0; n < B; n++)
      for (let o = 0; o < outputs; o++) {
        db[o] += dy[n * outputs + o];
        for (let i = 0; i < I; i++) {
          dw[o * I + i] += dy[n * outputs + o] * x[n * I + i];
          dx[n * I + i] += dy[n * outputs + o] * w[o * I + i];
        }
      }
    return { input: dx, parameters: { [\`\${name}.weight\`]: dw, [\`\${name}.bias\`]: db } };
  },
});

const relu = {
  name: 'relu',
  forward: ({ input }) => input.data.map((x) => Math.max(0, x)),
  backward: ({ input, gradient: dy }) => dy.map((g, i) => (input.data[i] > 0 ? g : 0)),
};

const softmax = (x: Float32Array, B: number, C: number) => {
  const p = new Float32Array(B * C);
  for (let n = 0; n < B; n++) {
    const row = x.subarray(n * C, (n + 1) * C);
    const top = Math.max(...row);
    const sum = row.reduce((s, v) => s + Math.exp(v - top), 0);
    row.forEach((v, c) => (p[n * C + c] = Math.exp(v - top) / sum));
  }
  return p;
};

const loss = {
  name: 'loss',
  inputs: ['fc2', 'target'],
  forward({ inputs: { fc2, target } }) {
    const [B, C] = fc2.shape;
    const p = softmax(fc2.data, B, C);
    return -target.data.reduce((sum, label, n) => sum + Math.log(p[n * C + label]), 0) / B;
  },
  backward({ inputs: { fc2, target }, gradient }) {
    const [B, C] = fc2.shape;
    const d = softmax(fc2.data, B, C).map((p, i) => (gradient[0] * (p - (i % C === target.data[Math.floor(i / C)] ? 1 : 0))) / B);
    return { inputs: { fc2: d } };
  },
};

const network: Network = { name: 'two layers by hand', layers: [linear('fc1', 11), relu, linear('fc2', 3), loss] };

export default network;
`;
