import { floatAttribute } from '../attributes.ts';
import type { Value } from '../types/oracle.ts';
import type { Attribute } from '../types/graph.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { draftOf, float, scalarLike } from './_draft.ts';
import { isUsualFactor, near, shown } from './_numbers.ts';
import { solve } from './_solve.ts';

/** The constants of each operator with their defaults, and usual other values. */
const CONSTANTS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  Elu: { alpha: [1, 0.5, 0.1, 0.2, 0.3, 1.6732632, 2] },
  Celu: { alpha: [1, 0.5, 2] },
  Selu: { alpha: [1.67326319217681884765625, 1, 1.6733, 1.67], gamma: [1.05070102214813232421875, 1, 1.0507, 1.05] },
  HardSigmoid: { alpha: [0.2, 1 / 6, 0.25, 0.5, 0.1667], beta: [0.5, 0.6, 0.4] },
  ThresholdedRelu: { alpha: [1, 0, 0.5, 2] },
  Swish: { alpha: [1, 1.702, 2, 0.5] },
  QuickGelu: { alpha: [1.702, 1, 1.7, 1.5957691] },
  Shrink: { lambd: [0.5, 1, 0], bias: [0, 0.5] },
};

/** The right activation with another constant: solved from the output where it was recorded, the usual ones elsewhere. */
export const activationConstant: Rule = {
  id: 'activation-constant',
  ops: Object.keys(CONSTANTS),
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, attributes } = context;
    const known = CONSTANTS[node.op] ?? {};
    const names = Object.keys(known);
    const right = Object.fromEntries(names.map((n) => [n, floatAttribute(attributes, n, known[n]?.[0] as number)]));
    const written = context.subject.data.some((x) => x !== 0);
    if (!written) return;
    const sets = context.direct ? solved(context, right) : usual(known, right);
    for (const set of sets) {
      const changed = names.filter((name) => set[name] !== right[name]);
      if (changed.length === 0) continue;
      // What is 0 below zero is a ReLU: another function, which says more.
      if (['Elu', 'Celu', 'Selu'].includes(node.op) && Math.abs(set.alpha ?? 1) < 1e-6) continue;
      yield {
        cause: 'activation.constant',
        claim: changed
          .map((name) => `${name} is ${shown(set[name] as number)}, the model says ${shown(right[name] as number)}`)
          .join('; '),
        fix: `Use ${changed.map((name) => `${name} = ${shown(right[name] as number)}`).join(', ')} in ${node.op}.`,
        // SELU's gamma is a factor of all of it: one that any layer may be off by says nothing of SELU.
        specificity: node.op === 'Selu' && onlyGamma(set, right) && isUsualFactor(ratio(set, right), context) ? 1 : 3,
        edit: context.same({ attributes: asAttributes(set) }),
      };
    }
  },
};

type Constants = Readonly<Record<string, number>>;

const onlyGamma = (set: Constants, right: Constants): boolean => near(set.alpha ?? 1, right.alpha ?? 1);
const ratio = (set: Constants, right: Constants): number => (set.gamma ?? 1) / (right.gamma ?? 1);

const asAttributes = (set: Constants): Record<string, Attribute> =>
  Object.fromEntries(Object.entries(set).map(([name, value]) => [name, float(value)]));

/** One constant at a time, then all together: what brings the operator nearest to what was recorded. */
function solved({ node, attributes, inputs, subject, run }: ForwardContext, right: Constants): Constants[] {
  const names = Object.keys(right);
  if (node.op === 'ThresholdedRelu') return thresholds(inputs[0]?.data, subject.data);
  const groups = names.length > 1 ? [...names.map((name) => [name]), names] : [names];
  return groups.flatMap((group) => {
    const set = (values: readonly number[]): Constants => ({
      ...right,
      ...Object.fromEntries(group.map((name, i) => [name, values[i] as number])),
    });
    const found = solve(
      group.map((name) => right[name] as number),
      (values) => run(node.op, inputs, { ...attributes, ...asAttributes(set(values)) }, node.domain)?.[0]?.data ?? null,
      subject.data,
    );
    return found === null ? [] : [set(found)];
  });
}

/** What is passed lies above the threshold, what is not beneath: it is between the two, and 0 or a round number where one is there. */
function thresholds(x: Float64Array | undefined, y: Float64Array): Constants[] {
  if (x === undefined || x.length !== y.length) return [];
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < x.length; i++) {
    if (y[i] === 0) low = Math.max(low, x[i] as number);
    else high = Math.min(high, x[i] as number);
  }
  if (!(low < high)) return [];
  const round = [0, 1, 0.5, 2, 0.1, 0.2, 0.3, 0.25, 1.5].find((value) => value >= low && value < high);
  const between = Number.isFinite(low) && Number.isFinite(high) ? (low + high) / 2 : Number.isFinite(low) ? low : 0;
  return [{ alpha: round ?? between }];
}

function usual(known: Readonly<Record<string, readonly number[]>>, right: Constants): Constants[] {
  return Object.entries(known).flatMap(([name, values]) =>
    values
      .filter((value) => Math.abs(value - (right[name] as number)) > 1e-6)
      .map((value) => ({ ...right, [name]: value })),
  );
}

const USUAL_BOUNDS = [-1, 0, 1, 6, 10, 20];

/** A Clip with other bounds, or with one of them left out: the bounds that are seen in what was recorded, or the usual ones. */
export const clipBounds: Rule = {
  id: 'clip-bounds',
  ops: ['Clip'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const [x] = context.inputs;
    if (x === undefined) return;
    const [low, high] = boundsOf(context);
    const seen = context.direct ? extremes(context.subject) : null;
    const lows = [...(seen === null ? USUAL_BOUNDS : [seen[0]]), Number.NEGATIVE_INFINITY];
    const highs = [...(seen === null ? USUAL_BOUNDS : [seen[1]]), Number.POSITIVE_INFINITY];
    const pairs = [
      ...lows.map((l) => [l, high] as const),
      ...highs.map((h) => [low, h] as const),
      ...(seen === null ? [] : [seen]),
    ];
    for (const [l, h] of pairs) {
      if ((l === low && h === high) || l >= h || (l === Number.NEGATIVE_INFINITY && h === Number.POSITIVE_INFINITY))
        continue;
      const draft = draftOf(context);
      const floor = l === Number.NEGATIVE_INFINITY ? undefined : scalarLike(draft, x, l);
      const ceiling = h === Number.POSITIVE_INFINITY ? undefined : scalarLike(draft, x, h);
      const raised =
        floor === undefined
          ? (context.node.inputs[0] as string)
          : draft.node('Max', [context.node.inputs[0] as string, floor]);
      yield {
        cause: 'activation.constant',
        claim: `the values are clipped to [${shown(l)}, ${shown(h)}], the model says [${shown(low)}, ${shown(high)}]`,
        fix: `Clip to [${shown(low)}, ${shown(high)}].`,
        specificity: 3,
        edit: draft.done(ceiling === undefined ? raised : draft.node('Min', [raised, ceiling])),
      };
    }
  },
};

function boundsOf({ opset, attributes, inputs }: ForwardContext): readonly [number, number] {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (opset < 11) return [floatAttribute(attributes, 'min', low), floatAttribute(attributes, 'max', high)];
  return [inputs[1]?.data[0] ?? low, inputs[2]?.data[0] ?? high];
}

function extremes({ data }: Value): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of data) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}
