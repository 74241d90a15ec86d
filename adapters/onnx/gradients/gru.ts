import { intAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import type { Activation } from './_activations.ts';
import type { Cell, CellParameters, State, Step, StepTools } from './_cell.ts';
import { splitGates } from './_cell.ts';
import { recurrentGradient } from './_recurrent.ts';
import type { TensorMath } from './_tensors.ts';

/** Gates in ONNX's order z, r, h (Cho et al. 2014); linear_before_reset = 1 resets after the recurrence, as PyTorch does. */
export const gru: GradientRule = {
  op: 'GRU',
  gradient: (context) => recurrentGradient(context, gruCell).slice(0, 6),
};

const gruCell: Cell = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  start(context, parameters) {
    const { math, recurrence, bias, hidden } = parameters;
    if (intAttribute(context.attributes, 'linear_before_reset', 0) === 1) {
      const transposed = math.transpose(recurrence, [1, 0]);
      return (tools, projected, before) => resetAfter({ ...parameters, ...tools }, transposed, projected, before);
    }
    const split = (name: string, from: number, to: number): string => math.slice(name, 0, from * hidden, to * hidden);
    const blocks = {
      gates: split(recurrence, 0, 2),
      candidate: split(recurrence, 2, 3),
      gateBias: bias === undefined ? undefined : split(bias, 0, 2),
      candidateBias: bias === undefined ? undefined : split(bias, 2, 3),
    };
    const turned = { gates: math.transpose(blocks.gates, [1, 0]), candidate: math.transpose(blocks.candidate, [1, 0]) };
    return (tools, projected, before) => resetBefore({ ...parameters, ...tools }, blocks, turned, projected, before);
  },
};

interface Shared extends CellParameters, StepTools {
  readonly math: TensorMath;
}

/** n = g(xn + r ⊙ (h · Rₙᵀ + bₙ)). */
function resetAfter(parameters: Shared, transposed: string, projected: string, before: State): Step {
  const { math, bias } = parameters;
  const [outer, inner] = parameters.activations as [Activation, Activation];
  const { add, mul, sub } = math;
  const h = before.hidden;
  const product = math.matmul(h, transposed);
  const [hz = '', hr = '', hn = ''] = splitGates(math, bias === undefined ? product : add(product, bias), 3);
  const [xz = '', xr = '', xn = ''] = splitGates(math, projected, 3);
  const [z, r] = [outer(add(xz, hz)), outer(add(xr, hr))];
  const n = inner(add(xn, mul(r.value, hn)));
  return {
    after: { hidden: blend(parameters, z.value, n.value, h), cell: '' },
    back(d) {
      const dz = z.pull(mul(d.hidden, sub(h, n.value)));
      const dn = n.pull(mul(d.hidden, sub(1, z.value)));
      const dr = r.pull(mul(dn, hn));
      const gradient = math.concat([dz, dr, mul(dn, r.value)], 1);
      const dh = add(mul(d.hidden, z.value), math.matmul(gradient, parameters.recurrence));
      return {
        projected: math.concat([dz, dr, dn], 1),
        recurrent: [{ gradient, input: h }],
        before: { hidden: dh, cell: '' },
      };
    },
  };
}

interface Blocks {
  readonly gates: string;
  readonly candidate: string;
  readonly gateBias: string | undefined;
  readonly candidateBias: string | undefined;
}

/** n = g(xn + (r ⊙ h) · Rₙᵀ + bₙ). */
function resetBefore(
  parameters: Shared,
  blocks: Blocks,
  turned: { readonly gates: string; readonly candidate: string },
  projected: string,
  before: State,
): Step {
  const { math } = parameters;
  const [outer, inner] = parameters.activations as [Activation, Activation];
  const { add, mul, sub } = math;
  const h = before.hidden;
  const biased = (x: string, bias: string | undefined): string => (bias === undefined ? x : add(x, bias));
  const [hz = '', hr = ''] = splitGates(math, biased(math.matmul(h, turned.gates), blocks.gateBias), 2);
  const [xz = '', xr = '', xn = ''] = splitGates(math, projected, 3);
  const [z, r] = [outer(add(xz, hz)), outer(add(xr, hr))];
  const reset = mul(r.value, h);
  const n = inner(add(xn, biased(math.matmul(reset, turned.candidate), blocks.candidateBias)));
  return {
    after: { hidden: blend(parameters, z.value, n.value, h), cell: '' },
    back(d) {
      const dz = z.pull(mul(d.hidden, sub(h, n.value)));
      const dn = n.pull(mul(d.hidden, sub(1, z.value)));
      const dReset = math.matmul(dn, blocks.candidate);
      const dr = r.pull(mul(dReset, h));
      const gates = math.concat([dz, dr], 1);
      const direct = add(mul(d.hidden, z.value), mul(dReset, r.value));
      return {
        projected: math.concat([gates, dn], 1),
        recurrent: [
          { gradient: gates, input: h },
          { gradient: dn, input: reset },
        ],
        before: { hidden: add(direct, math.matmul(gates, blocks.gates)), cell: '' },
      };
    },
  };
}

/** (1 − z) ⊙ n + z ⊙ h. */
const blend = ({ math: { add, mul, sub } }: StepTools, z: string, n: string, h: string): string =>
  add(mul(sub(1, z), n), mul(z, h));
