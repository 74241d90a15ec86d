import { describe, expect, it } from '@jest/globals';
import { stringsOf } from '../../../../harness/oracle/value.ts';
import type { Value } from '../../../../harness/types/oracle.ts';
import { named, trial } from './_named.ts';
import { floats, forward, int, ints, random, text, texts, type Trial, value } from './_vjp-laws.ts';

const words = (...list: string[]): Value => stringsOf([list.length], list);
const run = (name: string, inputs: Trial['inputs'], attributes: NonNullable<Trial['attributes']> = {}) =>
  forward(trial(name, inputs, { attributes }));
const numbers = (found: Value | undefined): number[] => Array.from(found!.data);

describe('strings', () => {
  it('StringConcat joins with broadcasting', () => {
    const [joined] = run('StringConcat', [stringsOf([2, 1], ['a', 'b']), words('x', 'y', 'z')]);
    expect([joined!.shape, joined!.strings]).toEqual([
      [2, 3],
      ['ax', 'ay', 'az', 'bx', 'by', 'bz'],
    ]);
  });
  it('StringSplit cuts at a delimiter, or at white space, at most so often', () => {
    const [parts, counts] = run('StringSplit', [words('a,b,,c', 'd', '')], { delimiter: text(',') });
    expect([parts!.shape, parts!.strings]).toEqual([
      [3, 4],
      ['a', 'b', '', 'c', 'd', '', '', '', '', '', '', ''],
    ]);
    expect(numbers(counts)).toEqual([4, 1, 0]);
    const [loose] = run('StringSplit', [words('  one  two three ')], { maxsplit: int(1) });
    expect(loose!.strings).toEqual(['one', 'two three ']);
  });
  it('RegexFullMatch wants the whole string, and refuses what JavaScript does not read', () => {
    const pattern = text('[a-z]+\\d');
    expect(numbers(run('RegexFullMatch', [words('ab1', 'ab12', 'x')], { pattern })[0])).toEqual([1, 0, 0]);
    expect(() => run('RegexFullMatch', [words('a')], { pattern: text('(?P<n>a)') })).toThrow(
      /E_UNSUPPORTED.*\(\?P<n>a\)/,
    );
  });
  it('StringNormalizer leaves stop words out, and changes case', () => {
    const attributes = { stopwords: texts('the'), case_change_action: text('UPPER') };
    expect(run('StringNormalizer', [words('The', 'cat')], attributes)[0]!.strings).toEqual(['CAT']);
    expect(
      run('StringNormalizer', [words('The', 'the')], { ...attributes, is_case_sensitive: int(1) })[0]!.strings,
    ).toEqual(['THE']);
    expect(run('StringNormalizer', [words('the')], attributes)[0]!.strings).toEqual(['']);
  });
  it('TfIdfVectorizer counts n-grams with gaps, and weighs them', () => {
    const attributes = {
      mode: text('TFIDF'),
      min_gram_length: int(1),
      max_gram_length: int(2),
      max_skip_count: int(1),
      ngram_counts: ints(0, 2),
      ngram_indexes: ints(2, 0, 1),
      pool_strings: texts('a', 'b', 'a', 'b'),
      weights: floats(0.5, 1, 3),
    };
    const [y] = run('TfIdfVectorizer', [words('a', 'a', 'b')], attributes);
    // Once b; a–b beside each other and with one between; twice a.
    expect(numbers(y)).toEqual([1, 6, 1]);
    expect(numbers(run('TfIdfVectorizer', [words('a', 'a', 'b')], { ...attributes, mode: text('IDF') })[0])).toEqual([
      1, 3, 0.5,
    ]);
    expect(numbers(run('TfIdfVectorizer', [words('a', 'a', 'b')], { ...attributes, mode: text('TF') })[0])).toEqual([
      1, 2, 2,
    ]);
  });
});

describe('classic machine learning', () => {
  it('ArrayFeatureExtractor picks columns', () => {
    const x = value('float32', [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(numbers(run('ai.onnx.ml.ArrayFeatureExtractor', [x, value('int64', [2], [2, 0])])[0])).toEqual([3, 1, 6, 4]);
    expect(() => run('ai.onnx.ml.ArrayFeatureExtractor', [x, value('int64', [1], [3])])).toThrow(
      /E_SHAPE.*indices 3 of 3/,
    );
  });
  it('LabelEncoder maps keys to values, and others to a default', () => {
    const attributes = { keys_strings: texts('a', 'b'), values_int64s: ints(7, 9), default_int64: int(5) };
    expect(numbers(run('ai.onnx.ml.LabelEncoder', [words('b', 'c', 'a')], attributes)[0])).toEqual([9, 5, 7]);
    const back = { keys_int64s: ints(7, 9), values_strings: texts('a', 'b') };
    expect(run('ai.onnx.ml.LabelEncoder', [value('int64', [2], [9, 1])], back)[0]!.strings).toEqual(['b', '_Unused']);
  });
  it('TreeEnsemble adds the leaves of its trees', () => {
    const tensor = (dtype: 'float32' | 'uint8', list: number[]) => ({
      kind: 'tensor' as const,
      value: { dtype, shape: [list.length], data: dtype === 'uint8' ? Uint8Array.from(list) : Float32Array.from(list) },
    });
    // Two trees: x0 ≤ 1 ? 10 : (x1 > 2 ? 20 : 30), and x1 is 3 or 4 ? 100 : 200.
    const attributes = {
      tree_roots: ints(0, 2),
      nodes_splits: tensor('float32', [1, 2, 0]),
      nodes_modes: tensor('uint8', [0, 3, 6]),
      nodes_featureids: ints(0, 1, 1),
      nodes_truenodeids: ints(0, 1, 3),
      nodes_trueleafs: ints(1, 1, 1),
      nodes_falsenodeids: ints(1, 2, 4),
      nodes_falseleafs: ints(0, 1, 1),
      leaf_weights: tensor('float32', [10, 20, 30, 100, 200]),
      leaf_targetids: ints(0, 0, 0, 1, 1),
      membership_values: tensor('float32', [3, 4, Number.NaN]),
      n_targets: int(2),
    };
    const x = value('float32', [3, 2], [0, 3, 2, 4, 2, 1]);
    expect(numbers(run('ai.onnx.ml.TreeEnsemble', [x], attributes)[0])).toEqual([10, 100, 20, 100, 30, 200]);
    expect(numbers(run('ai.onnx.ml.TreeEnsemble', [x], { ...attributes, aggregate_function: int(0) })[0])).toEqual([
      5, 50, 10, 50, 15, 100,
    ]);
    expect(() => run('ai.onnx.ml.TreeEnsemble', [x], { ...attributes, post_transform: int(1) })).toThrow(
      /E_UNSUPPORTED/,
    );
  });
});

describe('NonMaxSuppression', () => {
  const boxes = value('float32', [1, 4, 4], [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11, 1, 12, 0, 11]);
  const scores = value('float32', [1, 1, 4], [0.9, 0.75, 0.6, 0.95]);
  const limit = (count: number) => value('int64', [1], [count]);
  it('keeps the best of those that overlap, best first, at most so many', () => {
    const overlap = value('float32', [1], [0.5]);
    expect(numbers(run('NonMaxSuppression', [boxes, scores, limit(3), overlap])[0])).toEqual([
      0, 0, 3, 0, 0, 0, 0, 0, 2,
    ]);
    expect(numbers(run('NonMaxSuppression', [boxes, scores, limit(1), overlap])[0])).toEqual([0, 0, 3]);
    expect(
      numbers(run('NonMaxSuppression', [boxes, scores, limit(3), overlap, value('float32', [1], [0.9])])[0]),
    ).toEqual([0, 0, 3]);
    expect(run('NonMaxSuppression', [boxes, scores])[0]!.shape).toEqual([0, 3]);
  });
  it('reads boxes by their middle where told', () => {
    const middles = value('float32', [1, 2, 4], [5, 5, 2, 2, 6, 5, 2, 2]);
    const two = value('float32', [1, 1, 2], [0.5, 0.9]);
    const kept = (overlap: number) =>
      run('NonMaxSuppression', [middles, two, limit(9), value('float32', [1], [overlap])], {
        center_point_box: int(1),
      })[0]!.shape[0];
    expect([kept(0.3), kept(0.34)]).toEqual([1, 2]);
  });
});

describe('sequences', () => {
  const [a, b, c] = [random([2, 3], 1), random([2, 3], 2), random([2, 3], 3)];
  const sequence = (...list: Value[]) => run('SequenceConstruct', list)[0]!;
  const at = (i: number) => value('int64', [], [i]);
  it('are made, read, and cut by position from either end', () => {
    const both = sequence(a, b);
    expect(run('SequenceAt', [both, at(-1)])).toEqual([b]);
    expect(run('SequenceInsert', [both, c])[0]!.elements).toEqual([a, b, c]);
    expect(run('SequenceInsert', [both, c, at(-1)])[0]!.elements).toEqual([a, c, b]);
    expect(run('SequenceErase', [both, at(0)])[0]!.elements).toEqual([b]);
    expect(numbers(run('SequenceLength', [run('SequenceErase', [both])[0]])[0])).toEqual([1]);
    expect(run('SequenceEmpty', [])[0]!.elements).toEqual([]);
    expect(() => run('SequenceAt', [both, at(2)])).toThrow(/E_SHAPE/);
    expect(() => run('SequenceAt', [a, at(0)])).toThrow(/a sequence is due/);
  });
  it('are joined or stacked again', () => {
    expect(run('ConcatFromSequence', [sequence(a, b)], { axis: int(1) })[0]!.shape).toEqual([2, 6]);
    const stacked = run('ConcatFromSequence', [sequence(a, b, c)], { axis: int(-1), new_axis: int(1) })[0]!;
    expect(stacked.shape).toEqual([2, 3, 3]);
    expect(stacked.data[1]).toBe(b.data[0]);
  });
  it('are cut from a tensor: by length, by lengths, or one by one', () => {
    const x = random([5, 2], 1);
    const shapes = (found: readonly (Value | undefined)[]) => found[0]!.elements!.map((element) => element.shape);
    expect(shapes(run('SplitToSequence', [x, at(2)]))).toEqual([
      [2, 2],
      [2, 2],
      [1, 2],
    ]);
    expect(shapes(run('SplitToSequence', [x, value('int64', [2], [1, 4])]))).toEqual([
      [1, 2],
      [4, 2],
    ]);
    expect(shapes(run('SplitToSequence', [x], { axis: int(1), keepdims: int(0) }))).toEqual([[5], [5]]);
  });
  it('OptionalHasElement says whether there is one', () => {
    expect([numbers(run('OptionalHasElement', [a])[0]), numbers(run('OptionalHasElement', [undefined])[0])]).toEqual([
      [1],
      [0],
    ]);
  });
  it('claim no zero derivative where theirs is not implemented: they are refused by name', () => {
    const { vjp, noDerivative } = named('SequenceAt');
    expect([vjp, noDerivative]).toEqual([undefined, undefined]);
    expect(named('SequenceLength').noDerivative).toMatch(/number of tensors/);
  });
});
