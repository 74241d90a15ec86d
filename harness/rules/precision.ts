import { roundToBfloat16, roundToFloat16 } from '../numerics/float16.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, FormHypothesis, ForwardContext, ForwardHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { again, draftOf } from './_draft.ts';
import { isParameter } from './_graph.ts';

const TYPES = [
  { name: 'float16', round: roundToFloat16, code: 10, unit: 2 ** -11 },
  { name: 'bfloat16', round: roundToBfloat16, code: 16, unit: 2 ** -8 },
] as const;

const NARROWINGS = [
  { name: 'rounded to float16', narrow: roundToFloat16 },
  { name: 'rounded to bfloat16', narrow: roundToBfloat16 },
  { name: 'cut off to bfloat16', narrow: cutToBfloat16 },
] as const;

/** ONNX's number of float32. */
const FLOAT = 1;

/** Rounded to a narrower type on the way: the result (it lies on that type's lattice), or the operands. */
export const precision: Rule = {
  id: 'precision',
  *form({ subject, truth, allowed }: RuleContext): Iterable<FormHypothesis> {
    for (const { name, round, unit } of TYPES) {
      if (!subject.data.every((x) => round(x) === x || Number.isNaN(x))) continue;
      if (truth.data.every((x) => round(Math.fround(x)) === Math.fround(x))) continue;
      // A value next to a tie may be rounded either way: the lattice point on the subject's side, if it is a neighbour.
      const predicted = truth.data.map((x, i) => {
        const own = subject.data[i] as number;
        return Math.abs(own - x) <= unit * Math.abs(x) * 1.001 + allowed ? own : round(x);
      });
      yield {
        cause: 'precision.reduced',
        claim: `every element is a ${name} number: the result was stored as ${name}`,
        fix: `Keep the result in float32 (it was rounded to ${name}), or allow ${name} for this tensor.`,
        specificity: 3,
        predicted,
      };
    }
  },
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const floats = context.inputs.flatMap((value, slot) =>
      value !== undefined && value.dtype === 'float32' && value.data.length > 1 ? [slot] : [],
    );
    if (floats.length === 0) return;
    yield* narrowParameters(context, floats);
    for (const { name, code } of TYPES) {
      yield {
        cause: 'precision.reduced',
        claim: `the operands were rounded to ${name} before ${context.node.op}`,
        fix: `Keep the operands in float32 (they were rounded to ${name}), or allow ${name} for this tensor.`,
        specificity: 3,
        edit: castOperands(context, floats, code),
        inFloat32: true,
      };
    }
  },
};

/** Weights alone kept in a narrower type: rounded, or cut off as by taking the upper half of a word. */
function* narrowParameters(context: ForwardContext, floats: readonly number[]): Iterable<ForwardHypothesis> {
  const { node } = context;
  const parameters = floats.filter((slot) => isParameter(context, node.inputs[slot] as string));
  const choices = parameters.length > 1 ? [...parameters.map((slot) => [slot]), parameters] : [parameters];
  for (const slots of choices.filter((choice) => choice.length > 0)) {
    const names = slots.map((slot) => `"${node.inputs[slot]}"`).join(' and ');
    for (const { name, narrow } of NARROWINGS) {
      yield {
        cause: 'precision.reduced',
        claim: `${names} ${slots.length === 1 ? 'was' : 'were'} ${name}`,
        fix: `Keep ${names} in float32, or allow the narrower type for this layer.`,
        specificity: 3,
        edit: narrowed(context, slots, narrow),
      };
    }
  }
}

function narrowed(context: ForwardContext, slots: readonly number[], narrow: (x: number) => number): Edit {
  const draft = draftOf(context);
  const changes = slots.map((slot) => {
    const { dtype, shape, data } = context.inputs[slot] as Value;
    return [slot, draft.constant(dtype, shape, data.map(narrow))] as const;
  });
  return draft.done(again(draft, context.node, Object.fromEntries(changes)));
}

function castOperands({ node, fresh }: ForwardContext, slots: readonly number[], code: number): Edit {
  const cast = (from: string, to: string, type: number) => ({
    name: to,
    op: 'Cast',
    domain: '',
    inputs: [from],
    outputs: [to],
    attributes: { to: { kind: 'int', value: type } as const },
  });
  const casts = slots.flatMap((slot) => {
    const narrow = fresh(`narrow${slot}`);
    return [cast(node.inputs[slot] as string, narrow, code), cast(narrow, fresh(`wide${slot}`), FLOAT)];
  });
  const inputs = node.inputs.map((name, slot) => (slots.includes(slot) ? fresh(`wide${slot}`) : name));
  return { nodes: [...casts, { ...node, inputs }] };
}

/** The upper half of a float32. */
function cutToBfloat16(x: number): number {
  const word = new Uint32Array(Float32Array.of(x).buffer);
  word[0] = (word[0] as number) & 0xffff0000;
  return new Float32Array(word.buffer)[0] as number;
}
