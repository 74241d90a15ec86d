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
  { name: 'rounded to 10 bits of mantissa (TF32)', narrow: roundToTf32 },
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
    // Matrix units round the two factors and add in float32; a bias stays as it is.
    const factors = floats.filter((slot) => slot < 2);
    const choices = [floats, factors, [0], [1]].filter(
      (slots) => slots.length > 0 && slots.every((s) => floats.includes(s)),
    );
    for (const slots of new Map(choices.map((choice) => [choice.join(), choice])).values()) {
      for (const { name, code } of TYPES) {
        const which = slots.length === 1 && floats.length > 1 ? `operand ${slots[0]} was` : 'the operands were';
        yield {
          cause: 'precision.reduced',
          claim: `${which} rounded to ${name} before ${context.node.op}`,
          fix: `Keep the operands in float32 (rounded to ${name} here), or allow ${name} for this tensor.`,
          specificity: 3,
          edit: castOperands(context, slots, code),
          inFloat32: true,
        };
      }
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
        edit: narrowed(context, slots, ({ data }) => data.map(narrow)),
      };
    }
    for (const [how, narrow] of EIGHT_BITS) {
      yield {
        cause: 'precision.reduced',
        claim: `${names} ${slots.length === 1 ? 'was' : 'were'} kept in 8 bits, ${how}`,
        fix: `Keep ${names} in float32, or allow the narrower type for this layer.`,
        specificity: 3,
        edit: narrowed(context, slots, narrow),
      };
    }
  }
}

/** Whole numbers from −127 to 127 times one scale: of all, of each place along the first axis, or along the last. */
const EIGHT_BITS: readonly (readonly [string, (value: Value) => Float64Array])[] = [
  ['with one scale', (value) => quantised(value, () => 0)],
  [
    'with a scale for each place of axis 0',
    (value) => quantised(value, (i) => Math.floor(i / (value.data.length / (value.shape[0] ?? 1)))),
  ],
  [
    'with a scale for each place of the last axis',
    (value) => quantised(value, (i) => i % (value.shape[value.shape.length - 1] ?? 1)),
  ],
];

function quantised({ data }: Value, groupOf: (i: number) => number): Float64Array {
  const largest = new Map<number, number>();
  data.forEach((x, i) => largest.set(groupOf(i), Math.max(largest.get(groupOf(i)) ?? 0, Math.abs(x))));
  return data.map((x, i) => {
    const scale = (largest.get(groupOf(i)) as number) / 127;
    return scale === 0 ? 0 : Math.round(x / scale) * scale;
  });
}

function narrowed(context: ForwardContext, slots: readonly number[], narrow: (value: Value) => Float64Array): Edit {
  const draft = draftOf(context);
  const changes = slots.map((slot) => {
    const value = context.inputs[slot] as Value;
    return [slot, draft.constant(value.dtype, value.shape, narrow(value))] as const;
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

/** float32 with the 10 bits of mantissa that matrix units read, rounded to nearest even. */
function roundToTf32(x: number): number {
  const word = new Uint32Array(Float32Array.of(x).buffer);
  const bits = word[0] as number;
  word[0] = (bits + 0xfff + ((bits >>> 13) & 1)) & 0xffffe000;
  return new Float32Array(word.buffer)[0] as number;
}

/** The upper half of a float32. */
function cutToBfloat16(x: number): number {
  const word = new Uint32Array(Float32Array.of(x).buffer);
  word[0] = (word[0] as number) & 0xffff0000;
  return new Float32Array(word.buffer)[0] as number;
}
