import { fromNumbers, toNumbers } from '../../harness/tensor.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import * as a from '../../models/layers/activations.ts';
import { batchnorm, batchnormEvaluationBackward, runningStatistics } from '../../models/layers/batchnorm.ts';
import { type Conv, conv2d, conv2dBackward } from '../../models/layers/conv2d.ts';
import { globalAveragePool, globalAveragePoolBackward } from '../../models/layers/global-average-pool.ts';
import { linear, linearBackward } from '../../models/layers/linear.ts';
import { avgpool, avgpoolBackward, maxpool, maxpoolBackward } from '../../models/layers/pool.ts';
import type { Bench, Run } from './jury.ts';

type Numbers = Float32Array;

/** What a layer has to fill: y, and one gradient an input (zeros at first). */
interface Job {
  readonly x: readonly Numbers[];
  readonly shapes: readonly (readonly number[])[];
  readonly dy: Numbers;
  readonly y: Numbers;
  readonly dx: readonly Numbers[];
}

/** Fills a job; returns how many of the gradients it knows, all where it says nothing. */
type Fill = (job: Job) => number | void;

/** The layers of models/layers, by the cases that they are. */
const LAYERS: readonly (readonly [RegExp, Fill])[] = [
  [/^Gemm/, gemm],
  [/^Conv (3x3|1x1|positive|one)/, (job) => conv(job, { padding: job.x.length > 2 ? 1 : 0 })],
  [/^Conv 5x5/, (job) => conv(job, { stride: 2, padding: 2 })],
  [/^Conv depthwise/, (job) => conv(job, { padding: 1, groups: 6 })],
  [/^Conv groups/, (job) => conv(job, { padding: 1, groups: 2 })],
  [/^BatchNormalization mean/, batchNorm],
  [/^AveragePool/, averagePool],
  [/^MaxPool/, maximumPool],
  [/^GlobalAveragePool/, globalPool],
  [/^Relu/, ({ x: [x], dx: [dx], y, dy }) => (a.relu(y, x!, y.length), a.reluBackward(dx!, dy, x!, y.length))],
  [/^Sigmoid/, ({ x: [x], dx: [dx], y, dy }) => (a.sigmoid(y, x!, y.length), a.sigmoidBackward(dx!, dy, y, y.length))],
  [/^Tanh/, ({ x: [x], dx: [dx], y, dy }) => (a.tanh(y, x!, y.length), a.tanhBackward(dx!, dy, y, y.length))],
];

/** The case by a layer of models/layers, or null where there is none. */
export function byModelLayer({ one, reference, cotangent }: Bench): Run | null {
  const fill = LAYERS.find(([fits]) => fits.test(one.name))?.[1];
  if (fill === undefined) return null;
  const tensors = one.wants.map((name) => one.feeds.get(name) as Tensor);
  const job: Job = {
    x: tensors.map((t) => Float32Array.from(toNumbers(t))),
    shapes: tensors.map(({ shape }) => shape),
    dy: Float32Array.from(toNumbers(cotangent)),
    y: new Float32Array(reference.y.data.length),
    dx: tensors.map((t) => new Float32Array(t.data.length)),
  };
  const known = one.wants.slice(0, fill(job) ?? one.wants.length);
  return {
    y: fromNumbers('float32', reference.y.shape, job.y),
    gradients: new Map(known.map((name, i) => [name, fromNumbers('float32', job.shapes[i]!, job.dx[i]!)])),
  };
}

const four = (shape: readonly number[] | undefined) => shape as readonly [number, number, number, number];

function gemm({ x: [x, w, b], shapes, dx: [dx, dw, db], y, dy }: Job): void {
  const [batch, inputs] = shapes[0] as [number, number];
  const outputs = shapes[1]![0]!;
  linear(y, x!, w!, b!, batch, inputs, outputs);
  linearBackward(dx!, dw!, db!, dy, x!, w!, batch, inputs, outputs);
}

function conv({ x: [x, w, b], shapes, dx: [dx, dw, db], y, dy }: Job, options: Partial<Conv>): void {
  const [B, C, H, W] = four(shapes[0]);
  const [O, , K, L] = four(shapes[1]);
  const how = { stride: 1, padding: 0, dilation: 1, groups: 1, ...options };
  conv2d(y, x!, w!, b ?? null, B, C, H, W, O, K, L, how);
  conv2dBackward(dx!, dw!, db ?? null, dy, x!, w!, B, C, H, W, O, K, L, how);
}

function batchNorm({ x: [x, scale, shift, mean, variance], shapes, dx, y, dy }: Job): number {
  const [B, C, H, W] = four(shapes[0]);
  const rstd = new Float32Array(C);
  runningStatistics(rstd, variance!, Math.fround(1e-5), C);
  batchnorm(y, x!, mean!, rstd, scale!, shift!, B, C, H, W);
  batchnormEvaluationBackward(dx[0]!, dx[1]!, dx[2]!, dy, x!, mean!, rstd, scale!, B, C, H, W);
  return 3; // running statistics are no parameters there
}

const PAIRS = { size: 2, stride: 2, padding: 0 };

function averagePool({ x: [x], shapes, dx: [dx], y, dy }: Job): void {
  avgpool(y, x!, ...four(shapes[0]), PAIRS);
  avgpoolBackward(dx!, dy, ...four(shapes[0]), PAIRS);
}

function maximumPool({ x: [x], shapes, dx: [dx], y, dy }: Job): void {
  const from = new Float32Array(y.length);
  maxpool(y, from, x!, ...four(shapes[0]), PAIRS);
  maxpoolBackward(dx!, dy, from);
}

function globalPool({ x: [x], shapes, dx: [dx], y, dy }: Job): void {
  globalAveragePool(y, x!, ...four(shapes[0]));
  globalAveragePoolBackward(dx!, dy, ...four(shapes[0]));
}
