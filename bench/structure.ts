// What alignment by structure costs: 5,000 tensors against 5,000, three in a hundred left out, added or spoilt, no name in common.
//   npx jiti bench/structure.ts [tensors]
import { structure } from '../harness/aligners/structure.ts';
import { sketchOf } from '../harness/metrics/sketch.ts';
import { normal, uniform } from '../harness/numerics/random.ts';
import { float32, sourceOf } from '../harness/tensor.ts';
import type { AlignerContext } from '../harness/types/aligner.ts';
import type { Tensor } from '../harness/types/tensor.ts';

const COUNT = Number(process.argv[2] ?? 5000);
const EDITS = 0.03;
const RUNS = 3;

const draw = uniform(1);
const shapes = [
  [8, 16],
  [8, 32],
  [4, 8, 8],
  [8, 10],
];
const tensor = (seed: number): Tensor => {
  const shape = shapes[Math.floor(draw() * shapes.length)] as number[];
  const next = normal(seed);
  const size = shape.reduce((n, d) => n * d, 1);
  return float32(
    shape,
    Array.from({ length: size }, () => next() * (1 + (seed % 7))),
  );
};

const theirs = Array.from({ length: COUNT }, (_, i) => [`theirs${i}`, tensor(i)] as const);
const partner = new Map<string, string>();
const mine: (readonly [string, Tensor])[] = [];
for (const [i, [name, value]] of theirs.entries()) {
  const edit = draw();
  if (edit < EDITS / 3) continue; // left out
  if (edit < (2 * EDITS) / 3) mine.push([`added${i}`, tensor(COUNT + i)]);
  mine.push([
    `mine${i}`,
    edit > 1 - EDITS / 3
      ? float32(
          value.shape,
          Array.from(value.data as Float32Array, (x) => 3 * x + 1),
        )
      : value,
  ]);
  partner.set(`mine${i}`, name);
}

const sources = (pairs: readonly (readonly [string, Tensor])[]) =>
  new Map(pairs.map(([name, t]) => [name, sourceOf(t)]));
const context: AlignerContext = {
  graph: { name: 'bench', nodes: [], inputs: [], outputs: [], initializers: new Map(), opset: new Map() },
  types: sources(theirs),
  trace: {
    values: sources(mine),
    gradients: new Map(),
    updates: new Map(),
    states: new Map(),
    metadata: { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() },
  },
  theirs: theirs.map(([name]) => name),
  mine: mine.map(([name]) => name),
  map: new Map(),
  sketches: new Map(theirs.map(([name, t]) => [name, sketchOf(t)])),
};

const seconds = Array.from({ length: RUNS }, () => {
  const started = process.cpuUsage();
  structure.align(context);
  return process.cpuUsage(started).user / 1e6;
});
const matches = structure.align(context);
const right = matches.filter(({ mine: own, theirs: other }) => partner.get(own) === other).length;
console.log(
  `${mine.length} against ${COUNT} tensors: ${Math.min(...seconds).toFixed(2)} s of processor time, least of ${RUNS}`,
);
console.log(
  `${matches.length} pairs, ${right} right, ${matches.length - right} wrong; ${partner.size - right} not found`,
);
