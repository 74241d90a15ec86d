import type { GraphNode } from '../types/graph.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { ACTIVATION_OPS } from './_activations.ts';
import { draftOf } from './_draft.ts';
import { isParameter, isRecorded, readersOf } from './_graph.ts';
import { hasOwnRole } from './_roles.ts';

/** A skip connection that is left out, or added on the other side of the activation. */
export const residual: Rule = {
  id: 'residual',
  ops: ['Add', ...ACTIVATION_OPS],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    if (context.node.op !== 'Add') {
      yield* afterActivation(context);
      return;
    }
    const { inputs, name } = context.node;
    if (hasOwnRole(context) || inputs.some((input) => isParameter(context, input))) return;
    const [a, b] = inputs as [string, string];
    for (const [kept, left] of [
      [a, b],
      [b, a],
    ] as const) {
      const branch = comesFrom(context, left, kept);
      yield {
        cause: 'residual.missing',
        claim: branch
          ? `only the skip connection "${kept}" comes through: the block's own result "${left}" is not added`
          : `the skip connection is left out: "${left}" is not added`,
        fix: `Add "${left}" to "${kept}" in ${name}.`,
        specificity: branch ? 2 : 3,
        edit: draftOf(context).done(kept),
      };
    }
    yield* aroundAdd(context, [a, b]);
  },
};

/** True where `late` is computed from `early`: then `early` is the skip connection. */
function comesFrom({ wiring }: ForwardContext, late: string, early: string): boolean {
  const seen = new Set<string>();
  const open = [late];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === early) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(wiring.producer.get(next)?.inputs ?? []));
  }
  return false;
}

const isActivation = ({ op }: GraphNode): boolean =>
  (ACTIVATION_OPS as readonly string[]).includes(op) && op !== 'BiasGelu';

/** The model adds, then activates; the subject activates one part, then adds. */
function* afterActivation(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, wiring } = context;
  const sum = node.inputs[0] as string;
  const add = wiring.producer.get(sum);
  if (add?.op !== 'Add' || add.inputs.some((input) => isParameter(context, input))) return;
  for (const slot of [0, 1]) {
    const [inside, outside] = [add.inputs[slot] as string, add.inputs[1 - slot] as string];
    const draft = draftOf(context);
    const activated = draft.node(node.op, [inside, ...node.inputs.slice(1)], node.attributes, node.domain);
    yield {
      cause: 'residual.placement',
      claim: `${node.op} is applied to "${inside}" alone and "${outside}" is added after it, the model adds first`,
      fix: `Add "${outside}" first, then apply ${node.op}.`,
      specificity: 3,
      edit: draft.done(draft.node('Add', [activated, outside])),
    };
  }
}

/** On the Add itself: the activation that follows applied too early, or the one before it too late. */
function* aroundAdd(context: ForwardContext, inputs: readonly [string, string]): Iterable<ForwardHypothesis> {
  const { node, wiring } = context;
  for (const next of readersOf(context, node).filter(isActivation)) {
    for (const slot of [0, 1] as const) {
      const draft = draftOf(context);
      const early = draft.node(next.op, [inputs[slot], ...next.inputs.slice(1)], next.attributes, next.domain);
      yield {
        cause: 'residual.placement',
        claim: `${next.op} is applied to "${inputs[slot]}" before the sum, the model applies it after`,
        fix: `Add first, then apply ${next.op}.`,
        specificity: 3,
        edit: draft.done(draft.node('Add', [early, inputs[slot === 0 ? 1 : 0]])),
      };
    }
  }
  for (const slot of [0, 1] as const) {
    const before = wiring.producer.get(inputs[slot]);
    if (before === undefined || !isActivation(before)) continue;
    const raw = before.inputs[0] as string;
    const others = [inputs[slot === 0 ? 1 : 0]];
    const draft = draftOf(context);
    const sum = draft.node('Add', [raw, ...others]);
    yield {
      cause: 'residual.placement',
      claim: `${before.op} is applied to the sum, the model applies it to "${raw}" alone${isRecorded(context, inputs[slot]) ? '' : ' before adding'}`,
      fix: `Apply ${before.op} to "${raw}", then add "${others[0]}".`,
      specificity: 3,
      edit: draft.done(draft.node(before.op, [sum, ...before.inputs.slice(1)], before.attributes, before.domain)),
    };
  }
}
