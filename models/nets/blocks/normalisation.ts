import {
  batchnorm,
  batchnormEvaluationBackward,
  batchnormTrainingBackward,
  batchStatistics,
  runningStatistics,
} from '../../layers/batchnorm.ts';
import { groupnorm, groupnormBackward, groupStatistics } from '../../layers/groupnorm.ts';
import { get, image, type Layer, type Tensor, zeros } from '../layer.ts';

/** PyTorch's, as float32 holds it. */
export const EPSILON = Math.fround(1e-5);
/** What of the running statistics stays in a step. */
export const MOMENTUM = 0.9;

/** Batch normalisation in training. Parameters: bn1.weight [C], bn1.bias [C]. */
export function batchNormalisation(name: string): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  return {
    name,
    forward({ input: x, parameters, saved }) {
      const [B, C, H, W] = image(x);
      const [out, mean, rstd] = [zeros(x), new Float32Array(C), new Float32Array(C)];
      batchStatistics(mean, rstd, x.data, EPSILON, B, C, H, W);
      batchnorm(out, x.data, mean, rstd, get(parameters, w).data, get(parameters, b).data, B, C, H, W);
      Object.assign(saved, { mean, rstd });
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, saved, gradient }) {
      const [B, C, H, W] = image(x);
      const [dx, dw, db] = [zeros(x), new Float32Array(C), new Float32Array(C)];
      const [mean, rstd] = [saved['mean']!, saved['rstd']!];
      batchnormTrainingBackward(dx, dw, db, gradient, x.data, mean, rstd, get(parameters, w).data, B, C, H, W);
      return { inputs: [dx], parameters: { [w]: dw, [b]: db } };
    },
  };
}

/** Names of a batch normalisation's parameters, in ONNX's order. */
const four = (name: string): readonly string[] =>
  ['weight', 'bias', 'running_mean', 'running_var'].map((each) => `${name}.${each}`);

/**
 * The same, which also brings the running statistics up to date: what stays of the old ones, and the rest from the batch, its variance
 * divided by n, as ONNX has it. Writes bn1, bn1.mean [C] and bn1.variance [C]; parameters bn1.running_mean [C] and bn1.running_var [C] besides.
 */
export function trackingNormalisation(name: string): Layer {
  const layer = batchNormalisation(name);
  const outputs = [name, `${name}.mean`, `${name}.variance`];
  return {
    ...layer,
    outputs,
    parameters: four(name),
    op: { type: 'BatchNormalization', attributes: { epsilon: EPSILON, momentum: MOMENTUM, training_mode: 1 }, outputs },
    forward(context) {
      const out = layer.forward(context) as Tensor;
      const [mean, rstd] = [context.saved['mean']!, context.saved['rstd']!];
      const tracked = (running: string, now: (c: number) => number): Tensor => {
        const { data, shape } = get(context.parameters, `${name}.${running}`);
        return { data: data.map((old, c) => MOMENTUM * old + (1 - MOMENTUM) * now(c)), shape };
      };
      return {
        [name]: out,
        [`${name}.mean`]: tracked('running_mean', (c) => mean[c]!),
        [`${name}.variance`]: tracked('running_var', (c) => 1 / rstd[c]! ** 2 - EPSILON),
      };
    },
  };
}

/** Batch normalisation in evaluation. Parameters: bn1.weight, bn1.bias, bn1.running_mean, bn1.running_var, each [C]. */
export function frozenNormalisation(name: string): Layer {
  const [w, b, m, v] = four(name) as [string, string, string, string];
  const rstdOf = (variance: Float32Array): Float32Array => {
    const rstd = variance.slice();
    runningStatistics(rstd, variance, EPSILON, rstd.length);
    return rstd;
  };
  return {
    name,
    parameters: four(name),
    op: { type: 'BatchNormalization', attributes: { epsilon: EPSILON } },
    forward({ input: x, parameters }) {
      const [out, rstd] = [zeros(x), rstdOf(get(parameters, v).data)];
      const [mean, weight, bias] = [m, w, b].map((each) => get(parameters, each).data);
      batchnorm(out, x.data, mean!, rstd, weight!, bias!, ...image(x));
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, gradient }) {
      const [dx, weight] = [zeros(x), get(parameters, w)];
      const [dw, db, rstd] = [zeros(weight), zeros(weight), rstdOf(get(parameters, v).data)];
      const mean = get(parameters, m).data;
      batchnormEvaluationBackward(dx, dw, db, gradient, x.data, mean, rstd, weight.data, ...image(x));
      return { inputs: [dx], parameters: { [w]: dw, [b]: db } };
    },
  };
}

/** So many groups of channels, each example by itself; null: every channel is its own group (instance normalisation). Parameters: weight [C], bias [C]. */
export function groupNormalisation(name: string, groups: number | null): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  const type = groups === null ? 'InstanceNormalization' : 'GroupNormalization';
  return {
    name,
    parameters: [w, b],
    op: { type, attributes: { epsilon: EPSILON, ...(groups === null ? {} : { num_groups: groups }) } },
    forward({ input: x, parameters, saved }) {
      const [B, C, H, W] = image(x);
      const G = groups ?? C;
      const [out, mean, rstd] = [zeros(x), new Float32Array(B * G), new Float32Array(B * G)];
      groupStatistics(mean, rstd, x.data, EPSILON, G, B, C, H, W);
      groupnorm(out, x.data, mean, rstd, get(parameters, w).data, get(parameters, b).data, G, B, C, H, W);
      Object.assign(saved, { mean, rstd });
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, saved, gradient }) {
      const [B, C, H, W] = image(x);
      const [dx, dw, db] = [zeros(x), new Float32Array(C), new Float32Array(C)];
      const [mean, rstd, weight] = [saved['mean']!, saved['rstd']!, get(parameters, w).data];
      groupnormBackward(dx, dw, db, gradient, x.data, mean, rstd, weight, groups ?? C, B, C, H, W);
      return { inputs: [dx], parameters: { [w]: dw, [b]: db } };
    },
  };
}
