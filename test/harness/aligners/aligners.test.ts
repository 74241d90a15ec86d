import { describe, expect, it } from '@jest/globals';
import { declared } from '../../../harness/aligners/declared.ts';
import { settleLayouts, type LayoutQuestion } from '../../../harness/aligners/layout.ts';
import { exactName, normalise, normalisedName } from '../../../harness/aligners/name.ts';
import { parameterValue } from '../../../harness/aligners/parameter-value.ts';
import { structure } from '../../../harness/aligners/structure.ts';
import { permuteAxes } from '../../../harness/layout.ts';
import { sketchOf } from '../../../harness/metrics/sketch.ts';
import { uniform } from '../../../harness/numerics/random.ts';
import { float32, sourceOf } from '../../../harness/tensor.ts';
import type { Aligner, AlignerContext } from '../../../harness/types/aligner.ts';
import type { Shape, Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import { random } from '../../support/bench.ts';

const METADATA = { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() };

/** A question to an aligner: names and tensors on both sides. */
function context(
  mine: Record<string, Tensor>,
  theirs: Record<string, Tensor>,
  more: { parameters?: string[]; map?: Record<string, string>; blind?: boolean } = {},
): AlignerContext {
  const sources = (tensors: Record<string, Tensor>) =>
    new Map(Object.entries(tensors).map(([n, t]) => [n, sourceOf(t)] as [string, TensorSource]));
  const initializers = new Map([...sources(theirs)].filter(([name]) => more.parameters?.includes(name)));
  return {
    graph: { name: 'g', nodes: [], inputs: [], outputs: [], initializers, opset: new Map() },
    types: sources(theirs),
    trace: { values: sources(mine), gradients: new Map(), updates: new Map(), states: new Map(), metadata: METADATA },
    theirs: Object.keys(theirs),
    mine: Object.keys(mine),
    map: new Map(Object.entries(more.map ?? {})),
    sketches: more.blind ? null : new Map(Object.entries(theirs).map(([n, t]) => [n, sketchOf(t)])),
  };
}

const pairs = (aligner: Aligner, question: AlignerContext) =>
  aligner.align(question).map(({ mine, theirs }) => `${mine}=${theirs}`);
const t = (seed: number, shape: Shape = [3, 5]) => random(shape, seed);

describe('declared', () => {
  it('pairs what the user declares, where both are there', () => {
    expect(pairs(declared, context({ a: t(1), b: t(2) }, { x: t(1), y: t(2) }, { map: { a: 'y', zz: 'x' } }))).toEqual([
      'a=y',
    ]);
  });

  it('refuses a name that the reference lacks, and two that lead to one', () => {
    expect(() => pairs(declared, context({ a: t(1) }, { conv1: t(1) }, { map: { a: 'cnov1' } }))).toThrow(
      /Did you mean "conv1"\?/,
    );
    expect(() => pairs(declared, context({ a: t(1), b: t(1) }, { x: t(1) }, { map: { a: 'x', b: 'x' } }))).toThrow(
      /both "a" and "b" lead there/,
    );
  });
});

describe('names', () => {
  it('pair where they are equal, or equal but for case, punctuation and exporters’ marks', () => {
    expect(pairs(exactName, context({ a: t(1), b: t(1) }, { b: t(1), A: t(1) }))).toEqual(['b=b']);
    expect(
      pairs(
        normalisedName,
        context({ Conv1_Weight: t(1), fc: t(1) }, { 'net.conv1.weight': t(1), '/net/fc_output_0': t(1) }),
      ),
    ).toEqual(['Conv1_Weight=net.conv1.weight', 'fc=/net/fc_output_0']);
  });

  it('never pair by a part: conv1 is not conv10, nor layer1.conv the conv of another layer', () => {
    expect(
      pairs(normalisedName, context({ conv1: t(1), conv: t(1) }, { conv10: t(1), 'layer2.conv': t(1), conv11: t(1) })),
    ).toEqual([]);
  });

  it('do not pair where two would fit', () => {
    expect(pairs(normalisedName, context({ 'fc.1': t(1) }, { fc_1: t(1), 'fc/1': t(1) }))).toEqual([]);
    expect(pairs(normalisedName, context({ 'fc.1': t(1), 'fc-1': t(1) }, { fc_1: t(1) }))).toEqual([]);
    expect(normalise('///')).toBe('');
  });
});

describe('parameters', () => {
  it('pair where their elements are equal and no others are', () => {
    const question = context(
      { p: t(1), q: t(2), r: t(3) },
      { w: t(2), v: t(3), u: t(4) },
      { parameters: ['w', 'v', 'u'] },
    );
    expect(pairs(parameterValue, question)).toEqual(['q=w', 'r=v']);
  });

  it('do not pair where two hold the same: zeros are everywhere', () => {
    const question = context({ p: t(1), q: t(1) }, { w: t(1), v: t(2), u: t(2) }, { parameters: ['w', 'v', 'u'] });
    expect(pairs(parameterValue, question)).toEqual([]);
  });
});

describe('structure', () => {
  const chain = (n: number, seed = 0) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`t${i}`, t(seed + i, [2 + (i % 3), 5])]));
  const renamed = (tensors: Record<string, Tensor>) =>
    Object.fromEntries(Object.entries(tensors).map(([n, x]) => [`my_${n}`, x]));

  it('pairs equal sequences place by place, though a bug changes every value after it', () => {
    const theirs = chain(9);
    const mine = renamed(
      Object.fromEntries(Object.entries(theirs).map(([n, x], i) => [n, i < 4 ? x : t(500 + i, x.shape)])),
    );
    expect(pairs(structure, context(mine, theirs))).toEqual(Object.keys(theirs).map((n) => `my_${n}=${n}`));
  });

  it('pairs the rest rightly where some are missing or added', () => {
    const theirs = chain(20);
    const { t3: _a, t11: _b, ...kept } = theirs;
    const mine = { ...renamed(kept), extra: t(900, [13, 17]) };
    expect(pairs(structure, context(mine, theirs))).toEqual(Object.keys(kept).map((n) => `my_${n}=${n}`));
  });

  /** A network's tensors: shapes and sizes of numbers as its own. */
  const network = (n: number, seed: number): Record<string, Tensor> => {
    const draw = uniform(seed);
    const tensors: [string, Tensor][] = [];
    for (let i = 0; i < n; i++) {
      const [columns, scale] = [3 + Math.floor(draw() * 4), 0.2 + 3 * draw()];
      const x = t(seed * 10_000 + i, [7, columns]);
      tensors.push([
        `t${i}`,
        float32(
          x.shape,
          Array.from(x.data as Float32Array, (v) => v * scale),
        ),
      ]);
    }
    return Object.fromEntries(tensors);
  };

  it('pairs nothing of two networks that have nothing in common, though their shapes alternate alike', () => {
    for (const seed of [1, 3, 5])
      expect(pairs(structure, context(renamed(network(600, seed)), network(600, seed + 1)))).toEqual([]);
  });

  it('still pairs a network renamed, with three in ten left out, that a bug spoils from its fourth tensor on', () => {
    const theirs = network(600, 7);
    const draw = uniform(8);
    const spoilt = Object.entries(theirs).flatMap(([name, x], i): [string, Tensor][] => {
      if (draw() < 0.3) return [];
      const data = Array.from(x.data as Float32Array, (v) => (i < 3 ? v : 1.3 * v + 0.1));
      return [[`my_${name}`, float32(x.shape, data)]];
    });
    const found = pairs(structure, context(Object.fromEntries(spoilt), theirs));
    const right = found.filter((pair) => /^my_(t\d+)=\1$/.test(pair)).length;
    expect([right / spoilt.length > 0.5, right / found.length > 0.8]).toEqual([true, true]);
  });

  it('never pairs other shapes or kinds, and believes no lone pair whose values differ', () => {
    expect(pairs(structure, context({ a: t(1, [3, 5]) }, { x: t(2, [3, 7]), y: t(3, [3, 11]) }))).toEqual([]);
    expect(
      pairs(structure, context({ a: t(1), b: t(2, [7, 11]) }, { x: t(3), y: t(4, [7, 13]), z: t(5, [7, 17]) })),
    ).toEqual([]);
    expect(
      pairs(structure, context({ a: t(1), b: t(2, [7, 11]) }, { x: t(1), y: t(4, [7, 13]), z: t(5, [7, 17]) })),
    ).toEqual(['a=x']);
  });
});

describe('layouts', () => {
  const question = (
    tensor: string,
    subject: Tensor | TensorSource,
    theirs: Tensor,
    more: Partial<LayoutQuestion> = {},
  ): LayoutQuestion => ({
    tensor,
    subject: 'read' in subject ? subject : sourceOf(subject),
    shape: theirs.shape,
    sketch: sketchOf(theirs),
    declared: null,
    ...more,
  });
  const last = (tensor: Tensor) => permuteAxes(sourceOf(tensor), [0, 2, 3, 1]);
  const axesOf = (questions: LayoutQuestion[]) =>
    Object.fromEntries([...settleLayouts(questions)].map(([n, { axes }]) => [n, axes.join('')]));

  it('are found where only one order of axes fits', () => {
    const image = t(1, [2, 3, 5, 7]);
    expect(axesOf([question('a', last(image), image), question('b', image, image)])).toEqual({ a: '0312' });
    const matrix = t(2, [5, 11]);
    expect(axesOf([question('m', permuteAxes(sourceOf(matrix), [1, 0]), matrix)])).toEqual({ m: '10' });
  });

  it('are taken as declared, whatever fits', () => {
    const image = t(3, [2, 5, 5, 5]);
    expect(axesOf([question('a', last(image), image, { declared: 'NHWC', sketch: null })])).toEqual({ a: '0312' });
    expect(axesOf([question('a', image, image, { declared: 'NCHW' })])).toEqual({});
  });

  it('of equal sizes follow the values where the trace uses that order elsewhere', () => {
    const [clear, open] = [t(4, [2, 3, 5, 7]), t(5, [2, 5, 5, 5])];
    expect(axesOf([question('clear', last(clear), clear), question('open', last(open), open)])).toEqual({
      clear: '0312',
      open: '0312',
    });
    expect(axesOf([question('clear', last(clear), clear), question('own', open, open)])).toEqual({ clear: '0312' });
  });

  it('of equal sizes stay as they are where one tensor alone is in another order: that is a transposition forgotten', () => {
    const [clear, open] = [t(6, [2, 3, 5, 7]), t(7, [2, 5, 5, 5])];
    expect(axesOf([question('clear', clear, clear), question('open', last(open), open)])).toEqual({});
    const rows = t(8, [3, 7, 7]);
    expect(axesOf([question('rows', permuteAxes(sourceOf(rows), [0, 2, 1]), rows)])).toEqual({});
  });

  it('of equal sizes everywhere are believed where all images tell the same', () => {
    const images = [t(9, [2, 5, 5, 5]), t(10, [2, 5, 5, 5]), t(11, [2, 7, 7, 7])];
    const all = images.map((image, i) => question(`i${i}`, last(image), image));
    expect(axesOf(all)).toEqual({ i0: '0312', i1: '0312', i2: '0312' });
    expect(axesOf([...all, question('own', images[0]!, images[0]!)])).toEqual({});
  });

  it('are left alone where no order fits', () => {
    expect(axesOf([question('a', t(12, [2, 3]), t(13, [2, 5]))])).toEqual({});
    expect(axesOf([question('a', t(12, [6]), t(13, [2, 3]))])).toEqual({});
  });
});
