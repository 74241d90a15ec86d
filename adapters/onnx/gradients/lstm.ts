import { intAttribute } from '../../../harness/attributes.ts';
import type { GradientRule } from '../rule.ts';
import type { Cell, CellParameters, State, Step, StepTools } from './_cell.ts';
import { splitGates } from './_cell.ts';
import { recurrentGradient } from './_recurrent.ts';
import type { TensorMath } from './_tensors.ts';

/** Gates in ONNX's order i, o, f, c (Hochreiter and Schmidhuber 1997, with the peepholes of Gers 2000). */
export const lstm: GradientRule = { op: 'LSTM', gradient: (context) => recurrentGradient(context, lstmCell) };

const lstmCell: Cell = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  start(context, parameters) {
    const { math, recurrence, peephole } = parameters;
    const transposed = math.transpose(recurrence, [1, 0]);
    const peeps = peephole === undefined ? [] : splitGates(math, peephole, 3);
    const coupled = intAttribute(context.attributes, 'input_forget', 0) === 1;
    return (tools, projected, before) =>
      step({ ...parameters, ...tools, transposed, peeps, coupled }, projected, before);
  },
};

interface Shared extends CellParameters, StepTools {
  readonly math: TensorMath;
  readonly transposed: string;
  /** i, o, f; empty without peepholes. */
  readonly peeps: readonly string[];
  /** The forget gate is 1 − i. */
  readonly coupled: boolean;
}

function step(shared: Shared, projected: string, before: State): Step {
  const { math, activations, coupled } = shared;
  const [outer, inner, output] = activations as [
    (typeof activations)[0],
    (typeof activations)[0],
    (typeof activations)[0],
  ];
  const { add, mul, sub } = math;
  const recurrent = math.matmul(before.hidden, shared.transposed);
  const all = add(projected, shared.bias === undefined ? recurrent : add(recurrent, shared.bias));
  const [zi = '', zo = '', zf = '', zc = ''] = splitGates(math, all, 4);
  const [pi, po, pf] = shared.peeps;
  const peep = (z: string, p: string | undefined, c: string): string => (p === undefined ? z : add(z, mul(p, c)));
  const i = outer(peep(zi, pi, before.cell));
  const f = coupled ? { value: sub(1, i.value), pull: () => '' } : outer(peep(zf, pf, before.cell));
  const g = inner(zc);
  const cell = add(mul(f.value, before.cell), mul(i.value, g.value));
  const o = outer(peep(zo, po, cell));
  const h = output(cell);
  const through = (sum: string, p: string | undefined, d: string): string =>
    p === undefined ? sum : add(sum, mul(p, d));
  return {
    after: { hidden: mul(o.value, h.value), cell },
    back(d) {
      const dzo = o.pull(mul(d.hidden, h.value));
      const dc = through(add(d.cell, h.pull(mul(d.hidden, o.value))), po, dzo);
      const dzi = i.pull(mul(dc, coupled ? sub(g.value, before.cell) : g.value));
      const dzf = coupled ? mul(dzi, 0) : f.pull(mul(dc, before.cell));
      const dzc = g.pull(mul(dc, i.value));
      const gradient = math.concat([dzi, dzo, dzf, dzc], 1);
      const dBefore = through(through(mul(dc, f.value), pi, dzi), coupled ? undefined : pf, dzf);
      return {
        projected: gradient,
        recurrent: [{ gradient, input: before.hidden }],
        before: { hidden: math.matmul(gradient, shared.recurrence), cell: dBefore },
        ...(pi === undefined
          ? {}
          : { peephole: math.concat([mul(dzi, before.cell), mul(dzo, cell), mul(dzf, before.cell)], 1) }),
      };
    },
  };
}
