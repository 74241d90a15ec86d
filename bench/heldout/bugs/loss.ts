import type { Attribute } from '../../../harness/types/graph.ts';
import { type Bug, changed, fresh, nodeOf, numbers, type Place } from '../bug.ts';
import { forward, ofInts, withOperand } from './linear.ts';

const LOSSES = ['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss'];
const text = (value: string): Attribute => ({ kind: 'string', value });
const reductionOf = (p: Place): string =>
  p.node.attributes.reduction?.kind === 'string' ? p.node.attributes.reduction.value : 'mean';
const ignoredOf = (p: Place): number | null =>
  p.node.attributes.ignore_index?.kind === 'int' ? p.node.attributes.ignore_index.value : null;

function relabelled(p: Place, f: (label: number, classes: number) => number) {
  const name = fresh('labels');
  const labels = p.inputs[1]!;
  const classes = p.inputs[0]!.shape[1]!;
  const moved = Array.from(labels.data, (x) => (x === ignoredOf(p) ? x : f(x, classes)));
  return {
    ...changed(p.node, { inputs: p.node.inputs.map((n, i) => (i === 1 ? name : n)) }),
    constants: { [name]: { ...ofInts(moved), shape: labels.shape } },
  };
}

/** Log probabilities of each row over axis 1, and what each row weighs. */
function rows(p: Place, x: Float64Array) {
  const { shape } = p.inputs[0]!;
  const [n, c] = shape as [number, number];
  const inner = x.length / n / c;
  const labels = p.inputs[1]!.data;
  const weights = p.inputs[2]?.data;
  return Array.from(labels, (label, r) => {
    const [b, i] = [Math.floor(r / inner), r % inner];
    const z = Array.from({ length: c }, (_, k) => x[(b * c + k) * inner + i]!);
    const top = Math.max(...z);
    const total = Math.log(z.reduce((s, v) => s + Math.exp(v - top), 0)) + top;
    const log = p.node.op === 'NegativeLogLikelihoodLoss' ? z : z.map((v) => v - total);
    const counted = label !== ignoredOf(p);
    return { log, label, counted, weight: counted ? (weights?.[label] ?? 1) : 0, classes: c };
  });
}

type Row = ReturnType<typeof rows>[number];
const summed = (all: readonly Row[], f: (row: Row) => number): number =>
  all.reduce((s, row) => s + (row.counted ? f(row) : 0), 0);

/** The loss as a person writes it from rows. */
const byRows = (
  what: string,
  cause: string,
  f: (all: readonly Row[]) => number,
  applies: (p: Place) => boolean,
  also: string[] = [],
): Bug =>
  forward(
    what,
    cause,
    LOSSES,
    (p) => (applies(p) ? numbers((x, _, { inputs }) => x.map(() => Math.fround(f(rows(p, inputs[0]!.data))))) : null),
    also,
  );
const isMean = (p: Place): boolean => reductionOf(p) === 'mean';
const loss = (row: Row): number => -row.weight * row.log[row.label]!;

export const lossBugs: readonly Bug[] = [
  forward('sum for mean or mean for sum', 'loss.reduction', LOSSES, (p) =>
    changed(p.node, { set: { reduction: text(isMean(p) ? 'sum' : 'mean') } }),
  ),
  byRows(
    'divided by all rows, not by the weights',
    'loss.reduction',
    (all) => summed(all, loss) / all.length,
    (p) => isMean(p) && (p.inputs[2] !== undefined || ignoredOf(p) !== null),
    ['scale.constant'],
  ),
  byRows(
    'divided by the batch only',
    'loss.reduction',
    (all) => summed(all, loss) / 2,
    (p) => isMean(p) && p.inputs[0]!.shape.length > 2,
    ['scale.constant'],
  ),
  byRows(
    'averaged over classes too',
    'loss.reduction',
    (all) => summed(all, loss) / summed(all, (r) => r.weight) / all[0]!.classes,
    isMean,
    ['scale.constant'],
  ),
  forward('class weights left out', 'loss.reduction', LOSSES, (p) =>
    p.inputs[2] === undefined ? null : changed(p.node, { inputs: p.node.inputs.slice(0, 2) }),
  ),
  forward(
    'ignored rows counted as the first class',
    'loss.label-shift',
    LOSSES,
    (p) => {
      if (ignoredOf(p) === null) return null;
      const name = fresh('labels');
      return {
        ...changed(p.node, { inputs: p.node.inputs.map((n, i) => (i === 1 ? name : n)) }),
        constants: {
          [name]: {
            ...ofInts(Array.from(p.inputs[1]!.data, (x) => (x === ignoredOf(p) ? 0 : x))),
            shape: p.inputs[1]!.shape,
          },
        },
      };
    },
    ['loss.reduction', 'attention.mask-missing'],
  ),
  forward('labels one up', 'loss.label-shift', LOSSES, (p) => relabelled(p, (x, c) => (x + 1) % c)),
  forward('labels one down', 'loss.label-shift', LOSSES, (p) => relabelled(p, (x) => Math.max(0, x - 1))),
  byRows('log base 2', 'loss.log-base', (all) => summed(all, loss) / summed(all, (r) => r.weight) / Math.LN2, isMean, [
    'scale.constant',
  ]),
  byRows(
    'log base 10',
    'loss.log-base',
    (all) => summed(all, loss) / summed(all, (r) => r.weight) / Math.LN10,
    isMean,
    ['scale.constant'],
  ),
  byRows(
    'labels smoothed by 0.1',
    'loss.smoothing',
    (all) =>
      summed(all, (r) => -r.weight * (0.9 * r.log[r.label]! + (0.1 / r.classes) * r.log.reduce((a, b) => a + b, 0))) /
      summed(all, (r) => r.weight),
    (p) => isMean(p) && p.inputs[2] === undefined,
  ),
  byRows(
    'probabilities clipped at 0.1',
    'loss.clip',
    (all) => summed(all, (r) => -r.weight * Math.max(Math.log(0.1), r.log[r.label]!)) / summed(all, (r) => r.weight),
    isMean,
  ),
  forward('softmax before the logits', 'loss.double-softmax', ['SoftmaxCrossEntropyLoss'], (p) => {
    const name = fresh('probabilities');
    return p.opset < 13 && p.inputs[0]!.shape.length > 2
      ? null
      : {
          nodes: [
            nodeOf('Softmax', [p.node.inputs[0]!], [name], { axis: { kind: 'int', value: 1 } }),
            changed(p.node, { inputs: [name, ...p.node.inputs.slice(1)] }).nodes[0]!,
          ],
        };
  }),
  forward(
    'written out: sum for mean',
    'loss.reduction',
    ['ReduceMean'],
    (p) => (p.node.outputs[0] === 'loss' ? changed(p.node, { op: 'ReduceSum' }) : null),
    ['scale.constant'],
  ),
  forward(
    'written out: half of it',
    'loss.half-factor',
    ['ReduceMean'],
    (p) => (p.node.outputs[0] === 'loss' ? numbers((x) => x.map((v) => v / 2)) : null),
    ['scale.constant', 'loss.reduction'],
  ),
  forward(
    'written out: averaged over the batch only',
    'loss.reduction',
    ['ReduceMean'],
    (p) =>
      p.node.outputs[0] === 'loss' && p.inputs[0]!.shape.length > 1
        ? numbers((x, _, { inputs }) => x.map((v) => (v * inputs[0]!.data.length) / inputs[0]!.shape[0]!))
        : null,
    ['scale.constant'],
  ),
  forward('written out: threshold 2', 'activation.constant', ['Less'], (p) => withOperand(p, 1, [], [2]), [
    'wiring.wrong-source',
  ]),
];
