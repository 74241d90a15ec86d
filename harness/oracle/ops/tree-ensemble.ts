import { intAttribute, intsAttribute, tensorAttribute } from '../../attributes.ts';
import { toNumbers } from '../../tensor.ts';
import type { Operator, OperatorContext } from '../../types/oracle.ts';
import { given, refuse } from './_context.ts';
import { makeValue } from './_kit.ts';

/** Sum, mean, smallest or largest of the leaves that decision trees lead each row of x [rows, features] to: [rows, targets]. */
export const treeEnsemble: Operator = {
  op: 'TreeEnsemble',
  domain: 'ai.onnx.ml',
  noDerivative: 'trees are piecewise constant',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { round } = context.arithmetic;
    const { attributes } = context;
    if (intAttribute(attributes, 'post_transform', 0) !== 0) refuse(context, 'a post_transform', 'NONE is supported.');
    const targets = intAttribute(attributes, 'n_targets', 1);
    const combine = intAttribute(attributes, 'aggregate_function', 1);
    const roots = intsAttribute(attributes, 'tree_roots', []);
    const [rows = 0, features = 0] = x.shape;
    const start = combine < 2 ? 0 : combine === 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const y = makeValue(x.dtype, [rows, targets], new Float64Array(rows * targets).fill(start));
    const leafOf = leavesOf(context);
    for (let row = 0; row < rows; row++) {
      for (const root of roots) {
        const { weight, target } = leafOf(root, x.data.subarray(row * features, (row + 1) * features));
        const at = row * targets + target;
        const before = y.data[at]!;
        if (combine >= 2) y.data[at] = combine === 2 ? Math.min(before, weight) : Math.max(before, weight);
        else y.data[at] = round(before + (combine === 0 ? round(weight / roots.length) : weight));
      }
    }
    return [y];
  },
};

/** Follows a tree from its root to a leaf. */
function leavesOf(context: OperatorContext) {
  const { attributes } = context;
  const list = (name: string): readonly number[] => intsAttribute(attributes, name, []);
  const numbers = (name: string): Float64Array => {
    const tensor = tensorAttribute(attributes, name);
    return tensor ? toNumbers(tensor) : new Float64Array(0);
  };
  const [splits, modes, weights] = [numbers('nodes_splits'), numbers('nodes_modes'), numbers('leaf_weights')];
  const [features, targets] = [list('nodes_featureids'), list('leaf_targetids')];
  const [ifTrue, ifFalse] = [list('nodes_truenodeids'), list('nodes_falsenodeids')];
  const [trueLeaf, falseLeaf] = [list('nodes_trueleafs'), list('nodes_falseleafs')];
  const missing = list('nodes_missing_value_tracks_true');
  const members = membersOf(modes, numbers('membership_values'));
  const passes = (node: number, value: number): boolean => {
    if (Number.isNaN(value) && missing[node] === 1) return true;
    const test = TESTS[modes[node]!];
    if (test) return test(value, splits[node]!);
    return members.get(node)?.has(value) ?? refuse(context, `node mode ${modes[node]}`, 'Modes 0 to 6 are supported.');
  };
  return (root: number, row: Float64Array): { weight: number; target: number } => {
    let node = root;
    // A tree may be one leaf: then both branches of its root lead to the same.
    let leaf = trueLeaf[root] === 1 && falseLeaf[root] === 1 && ifTrue[root] === ifFalse[root];
    if (leaf) node = ifTrue[root]!;
    while (!leaf) {
      const taken = passes(node, row[features[node]!]!);
      leaf = (taken ? trueLeaf : falseLeaf)[node] === 1;
      node = (taken ? ifTrue : ifFalse)[node]!;
    }
    return { weight: weights[node]!, target: targets[node]! };
  };
}

/** How a node compares a feature with its split, by mode; mode 6 looks it up among members. */
const TESTS: readonly ((value: number, split: number) => boolean)[] = [
  (value, split) => value <= split,
  (value, split) => value < split,
  (value, split) => value >= split,
  (value, split) => value > split,
  (value, split) => value === split,
  (value, split) => value !== split,
];

/** The members of each node of mode 6: lists in the order of those nodes, ended by NaN. */
function membersOf(modes: Float64Array, values: Float64Array): ReadonlyMap<number, ReadonlySet<number>> {
  const lists: Set<number>[] = [new Set()];
  for (const value of values) {
    if (Number.isNaN(value)) lists.push(new Set());
    else lists.at(-1)!.add(value);
  }
  const nodes = [...modes.keys()].filter((node) => modes[node] === 6);
  return new Map(nodes.map((node, i) => [node, lists[i] ?? new Set()]));
}
