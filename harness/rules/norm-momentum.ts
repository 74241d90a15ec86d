import { floatAttribute, intAttribute } from '../attributes.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { bestFactor, shown } from './_numbers.ts';
import { normOf } from './_norm.ts';
import { type Patch, patch, shaped } from './_patch.ts';

/** The running statistics that batch normalisation hands on: momentum the other way round, another momentum, or the other variance. */
export const normMomentum: Rule = {
  id: 'norm-momentum',
  ops: ['BatchNormalization'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, attributes, inputs, outputs, opset, tensor, subject } = context;
    const output = node.outputs.indexOf(tensor);
    const old = inputs[output + 2];
    const next = outputs[output];
    if (opset < 14 || intAttribute(attributes, 'training_mode', 0) === 0) return;
    if ((output !== 1 && output !== 2) || old === undefined || next === undefined) return;
    const momentum = floatAttribute(attributes, 'momentum', 0.9);
    // running' = running·m + batch·(1 − m), so batch − running is (running' − running) / (1 − m).
    const step = next.data.map((x, c) => (x - (old.data[c] as number)) / (1 - momentum));
    const taken = subject.data.map((x, c) => x - (old.data[c] as number));
    const share = bestFactor(taken, step);
    for (const { kept, unbiased, odd = false } of variants(momentum, share, output === 2)) {
      const p = patch(context);
      const made = update(p, context, output, kept, unbiased);
      if (made === null) continue;
      const n = `${unbiased ? ', with the variance divided by n − 1' : ''}`;
      yield {
        cause: 'norm.momentum',
        claim: `the running ${output === 1 ? 'mean' : 'variance'} keeps ${shown(kept)} of the old and takes ${shown(1 - kept)} of the batch's${n}; the model keeps ${shown(momentum)}`,
        fix: `running = ${shown(momentum)} · running + ${shown(1 - momentum)} · batch${output === 2 ? ', with the variance divided by n' : ''}.`,
        specificity: odd ? 2 : 3,
        edit: made,
      };
    }
  },
};

function* variants(momentum: number, share: number | null, ofVariance: boolean) {
  const kept = [1 - momentum, 0, 1, ...(share === null ? [] : [Number((1 - share).toPrecision(3))])];
  for (const each of kept) if (Math.abs(each - momentum) > 1e-6) yield { kept: each, unbiased: false };
  if (share !== null) yield { kept: 1 - share, unbiased: false, odd: true };
  if (ofVariance) for (const each of [momentum, 1 - momentum]) yield { kept: each, unbiased: true };
}

function update(p: Patch, context: ForwardContext, output: number, kept: number, unbiased: boolean) {
  const norm = normOf(context);
  if (norm === null) return null;
  const { node, inputs, attributes } = context;
  const { x, axes, shape } = norm;
  const mean = p.reduce('ReduceMean', x, axes);
  const deviation = p.emit('Sub', [x, mean]);
  const variance = p.reduce('ReduceMean', p.emit('Mul', [deviation, deviation]), axes);
  const count = axes.reduce((product, axis) => product * (shape[axis] as number), 1);
  const used = unbiased ? p.emit('Mul', [variance, p.scalar(count / (count - 1))]) : variance;
  const channels = inputs[3]?.shape ?? [];
  const batch = shaped(p, output === 1 ? mean : used, [-1], channels);
  const old = p.emit('Mul', [node.inputs[output + 2] as string, p.scalar(kept)]);
  const result = p.emit('Add', [old, p.emit('Mul', [batch, p.scalar(1 - kept)])]);
  const names = p.emitMany(node.op, node.inputs, 3, attributes);
  const others = Object.fromEntries([1, 2].map((i) => [i, i === output ? result : (names[i] as string)]));
  return p.edit(names[0] as string, others);
}
