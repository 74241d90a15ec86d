import { describe, expect, it } from '@jest/globals';
import { permuteAxes } from '../../../harness/layout.ts';
import { asHeld, asType, share } from '../../../harness/stages/1-share.ts';
import { float32, fromNumbers, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Graph, ValueInfo } from '../../../harness/types/graph.ts';
import type { Alignment, Pair } from '../../../harness/types/pair.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import { random } from '../../support/random.ts';

const NUMBERS = random([3, 5], 1);
const WEIGHTS = { w: random([5, 7], 2), b: random([7], 3), g: random([7], 4), k: random([2, 3, 5, 7], 5) };

function graphWith(initializers: Readonly<Record<string, Tensor>>, inputs?: readonly ValueInfo[]): Graph {
  return {
    name: 'g',
    nodes: [],
    inputs: inputs ?? [{ name: 'x', dtype: 'float32', shape: [3, 5] }],
    outputs: [],
    initializers: new Map(Object.entries(initializers).map(([name, tensor]) => [name, sourceOf(tensor)])),
    opset: new Map([['', 17]]),
  };
}

const aligned = (tensors: Readonly<Record<string, Tensor | null>>): Alignment => ({
  pairs: new Map(
    Object.entries(tensors).map(([tensor, value]): [string, Pair] => [
      tensor,
      { tensor, subjectName: tensor, why: '', confidence: 1, value: value && sourceOf(value), gradient: null },
    ]),
  ),
  unpaired: [],
  notes: [],
});

const given = (tensors: Readonly<Record<string, Tensor>>): ReadonlyMap<string, TensorSource> =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

const shared = (graph: Graph, recorded: Readonly<Record<string, Tensor | null>>, iteration = 0) =>
  share(graph, aligned(recorded), given({}), iteration);

const oneOff = (tensor: Tensor, at = 4): Tensor =>
  fromNumbers(
    tensor.dtype,
    tensor.shape,
    toNumbers(tensor).map((x, i) => (i === at ? x + 1 : x)),
  );

function refusal(run: () => unknown): { code: string; place: string; message: string; remedy: string } {
  try {
    run();
  } catch (error) {
    return error as ReturnType<typeof refusal>;
  }
  throw new Error('nothing was refused');
}

describe('inputs', () => {
  it('come from the trace, else from what was given, in the reference’s type; what was recorded is kept', () => {
    const fine = fromNumbers(
      'float64',
      [3, 5],
      toNumbers(NUMBERS).map((x) => x * (1 + 1e-12)),
    );
    const found = shared(graphWith({}), { x: fine });
    expect(found.inputs.get('x')).toMatchObject({ dtype: 'float32', shape: [3, 5] });
    expect(toNumbers(found.inputs.get('x')!.read())).toEqual(toNumbers(NUMBERS));
    expect(found.recorded.get('x')?.dtype).toBe('float64');
    const fromFile = share(graphWith({}), aligned({}), given({ x: NUMBERS }), 0);
    expect(fromFile.inputs.get('x')?.read()).toEqual(NUMBERS);
    expect(fromFile.differs).toEqual([]);
    const open = graphWith({}, [{ name: 'x', dtype: null, shape: null }]);
    expect(shared(open, { x: fine }).inputs.get('x')?.dtype).toBe('float64');
    expect(shared(graphWith({}), { x: NUMBERS, y: null }).differs).toEqual([]);
    expect(share(graphWith({}), aligned({ x: null }), given({ x: NUMBERS }), 0)).toMatchObject({ differs: [] });
    expect(refusal(() => shared(graphWith({}), { x: fromNumbers('int64', [3, 5], new Float64Array(15)) })).place).toBe(
      'input x',
    );
  });

  it('that were recorded and given must be equal', () => {
    const both = (other: Tensor) => share(graphWith({}), aligned({ x: NUMBERS }), given({ x: other }), 0).differs;
    expect(both(NUMBERS)).toEqual([]);
    expect(both(oneOff(NUMBERS))).toMatchObject([{ kind: 'input', axes: null, pair: { tensor: 'x' } }]);
    expect(both(oneOff(NUMBERS))[0]?.detail).toMatch(/^1 of 15 elements differ; the first is element 4: /);
  });

  it('that are nowhere are asked for, with type and shape', () => {
    expect(refusal(() => shared(graphWith({}), {}))).toMatchObject({
      code: 'E_INPUT',
      place: 'input x',
      message: expect.stringContaining(
        'the reference needs it (float32 [3, 5]), and neither the trace nor --inputs has it',
      ),
      remedy: 'Record it as value/x, or give a file that holds "x" with --inputs.',
    });
    const open = graphWith({}, [{ name: 'x', dtype: null, shape: [null, 'batch', 5] }]);
    expect(refusal(() => shared(open, {})).message).toContain('(any type [?, batch, 5])');
    expect(refusal(() => shared(graphWith({}, [{ name: 'x', dtype: null, shape: null }]), {})).message).toContain(
      '[?]',
    );
    expect(refusal(() => shared(graphWith({}), { x: null })).place).toBe('input x');
    const two = graphWith({}, [
      { name: 'x', dtype: 'float32', shape: [3, 5] },
      { name: 'ids', dtype: 'int64', shape: [7] },
    ]);
    expect(refusal(() => shared(two, { x: NUMBERS })).message).toContain('the reference needs it (int64 [7])');
    expect(refusal(() => share(two, aligned({}), given({ zzzzzz: NUMBERS }), 0)).message).toContain('it has x, ids');
  });

  it('that the reference does not have are refused, with what it has', () => {
    expect(refusal(() => share(graphWith({}), aligned({}), given({ zzzzzz: NUMBERS }), 0))).toMatchObject({
      code: 'E_INPUT',
      place: 'input zzzzzz',
      message: expect.stringContaining('the reference has no such input; it has x'),
      remedy: 'Rename it in the inputs file.',
    });
    expect(refusal(() => share(graphWith({}), aligned({}), given({ X: NUMBERS }), 0)).remedy).toBe('Did you mean "x"?');
    expect(refusal(() => share(graphWith({}, []), aligned({}), given({ x: NUMBERS }), 0)).message).toContain(
      'it has none',
    );
  });

  it.each([
    [{ name: 'x', dtype: 'float32', shape: [3, 7] }, 'the reference takes float32 [3, 7]'],
    [{ name: 'x', dtype: 'float32', shape: [3, 5, 1] }, 'the reference takes float32 [3, 5, 1]'],
    [{ name: 'x', dtype: 'float32', shape: [3] }, 'the reference takes float32 [3]'],
    [{ name: 'x', dtype: 'int64', shape: [3, 5] }, 'the reference takes int64 [3, 5]'],
    [{ name: 'x', dtype: null, shape: ['batch', null, 1] }, 'the reference takes any type [batch, ?, 1]'],
    [{ name: 'x', dtype: 'int64', shape: null }, 'the reference takes int64 […]'],
  ] as const)('that do not fit %j are refused', (info, says) => {
    // Recorded rightly, so that it is what was given that is refused.
    const right = fromNumbers(info.dtype ?? 'float32', [3, 5], new Float64Array(15));
    expect(refusal(() => share(graphWith({}, [info]), aligned({ x: right }), given({ x: NUMBERS }), 0))).toMatchObject({
      code: 'E_INPUT',
      place: 'input x',
      message: expect.stringContaining(`float32 [3, 5] was given, ${says}`),
      remedy: 'Give the type and shape that the model declares.',
    });
  });

  it.each([
    { name: 'x', dtype: 'float64', shape: ['batch', 5] },
    { name: 'x', dtype: null, shape: [null, 5] },
    { name: 'x', dtype: 'float16', shape: null },
  ] as const)('that fit %j are taken', (info) => {
    expect(share(graphWith({}, [info]), aligned({}), given({ x: NUMBERS }), 0).inputs.size).toBe(1);
  });
});

describe('parameters', () => {
  it('are equal, element by element', () => {
    expect(shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS })).toMatchObject({ differs: [], notes: [] });
    expect(shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS }).moved.size).toBe(0);
    const found = shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS, b: oneOff(WEIGHTS.b, 6) });
    expect(found.differs).toMatchObject([{ kind: 'parameter', axes: null, pair: { tensor: 'b' } }]);
    const [was, is] = [toNumbers(WEIGHTS.b)[6]!, Math.fround(toNumbers(WEIGHTS.b)[6]! + 1)];
    expect(found.differs[0]?.detail).toBe(
      `1 of 7 elements differ; the first is element 6: ${is} here, ${was} in the reference`,
    );
  });

  it('of another shape differ, whatever was trained', () => {
    for (const iteration of [0, 5]) {
      const found = shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS, b: random([1, 7], 3) }, iteration);
      expect(found.differs[0]?.detail).toBe("its shape is [1, 7], the reference's [7]");
      expect(found.moved.size).toBe(0);
    }
    const wide = shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS, w: random([3, 5], 3) });
    expect(wide.differs[0]?.detail).toBe("its shape is [3, 5], the reference's [5, 7]");
  });

  it('are equal where only the sign of zero differs, or both are NaN, in every type', () => {
    for (const dtype of ['float16', 'bfloat16', 'float32', 'float64'] as const) {
      const theirs = fromNumbers(dtype, [3], [0, Number.NaN, 2]);
      const differs = (...numbers: number[]) =>
        shared(graphWith({ p: theirs }), { x: NUMBERS, p: fromNumbers(dtype, [3], numbers) }).differs;
      expect(differs(-0, Number.NaN, 2)).toEqual([]);
      expect(differs(-0, Number.NaN, 3)[0]?.detail).toBe(
        '1 of 3 elements differ; the first is element 2: 3 here, 2 in the reference',
      );
      expect(differs(1, Number.NaN, 2)[0]?.detail).toMatch(
        /^1 of 3 elements differ; the first is element 0: 1 here, 0/,
      );
      expect(differs(-0, 1, 3)[0]?.detail).toMatch(/^2 of 3 elements differ; the first is element 1: 1 here, NaN in/);
    }
  });

  it('of whole numbers are equal to their last digit, in whatever type they are held', () => {
    const detail = (mine: Tensor, theirs: Tensor) =>
      shared(graphWith({ p: theirs }), { x: NUMBERS, p: mine }).differs[0]?.detail;
    const int64 = (...data: bigint[]): Tensor => ({ dtype: 'int64', shape: [2], data: BigInt64Array.from(data) });
    expect(detail(int64(7n, 2n ** 53n + 1n), int64(7n, 2n ** 53n))).toBe(
      '1 of 2 elements differ; the first is element 1: 9007199254740993 here, 9007199254740992 in the reference',
    );
    // 257 is 1 in eight bits.
    const bytes = fromNumbers('uint8', [2], [7, 1]);
    expect(detail(bytes, int64(7n, 257n))).toMatch(/element 1: 1 here, 257 in the reference/);
    expect(detail(int64(7n, 257n), bytes)).toMatch(/element 1: 257 here, 1 in the reference/);
    expect(detail(bytes, int64(7n, 1n))).toBeUndefined();
    expect(detail(fromNumbers('float16', [2], [7, 0.5]), int64(7n, 0n))).toMatch(/element 1: 0.5 here, 0 in/);
    // 2049 is 2048 in float16.
    expect(detail(fromNumbers('float16', [2], [7, 2048]), int64(7n, 2049n))).toBeUndefined();
    expect(detail(int64(7n, 2049n), fromNumbers('float16', [2], [7, 2048]))).toBeUndefined();
  });

  it('of strings are compared as strings, and never with numbers', () => {
    const text = (...data: string[]): Tensor => ({ dtype: 'string', shape: [2], data });
    const detail = (mine: Tensor, theirs: Tensor) =>
      shared(graphWith({ p: theirs }), { x: NUMBERS, p: mine }).differs[0]?.detail;
    expect(detail(text('a', 'b'), text('a', 'b'))).toBeUndefined();
    expect(detail(text('a', 'c'), text('a', 'b'))).toMatch(/^1 of 2 .* element 1: c here, b in the reference$/);
    const numbers = fromNumbers('int64', [2], [1, 2]);
    expect(detail(text('1', '2'), numbers)).toBe("it is string, the reference's int64");
    expect(detail(numbers, text('1', '2'))).toBe("it is int64, the reference's string");
  });

  it('with their axes in another order are told so, with the order', () => {
    const order = (name: keyof typeof WEIGHTS, axes: readonly number[]) => {
      const other = permuteAxes(sourceOf(WEIGHTS[name]), axes).read();
      return shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS, [name]: other }).differs[0]?.axes;
    };
    expect(order('w', [1, 0])).toEqual([1, 0]);
    expect(order('k', [2, 3, 1, 0])).toEqual([3, 2, 0, 1]);
    const deep = random([2, 1, 3, 1, 5], 6);
    const turned = permuteAxes(sourceOf(deep), [4, 2, 0, 1, 3]).read();
    expect(shared(graphWith({ deep }), { x: NUMBERS, deep: turned }).differs[0]?.axes).toEqual([2, 3, 1, 4, 0]);
    const square = random([4, 4], 9);
    const flipped = permuteAxes(sourceOf(square), [1, 0]).read();
    expect(shared(graphWith({ square }), { x: NUMBERS, square: flipped }).differs[0]?.axes).toEqual([1, 0]);
    expect(shared(graphWith({ square }), { x: NUMBERS, square: oneOff(flipped) }).differs[0]?.axes).toBeNull();
  });

  it('are not looked for in another order where there are more axes, or more than five', () => {
    const differs = (theirs: Tensor, mine: Tensor) => shared(graphWith({ p: theirs }), { x: NUMBERS, p: mine }).differs;
    const as = (shape: readonly number[], { data }: Tensor): Tensor => ({ dtype: 'float32', shape, data }) as Tensor;
    const six = random([2, 1, 1, 1, 1, 3], 6);
    for (const [theirs, mine] of [
      [WEIGHTS.b, as([7, 1], WEIGHTS.b)],
      [WEIGHTS.w, as([5, 7, 1], WEIGHTS.w)],
      [six, permuteAxes(sourceOf(six), [5, 1, 2, 3, 4, 0]).read()],
    ] as const)
      expect(differs(theirs, mine)).toMatchObject([{ axes: null }]);
  });

  it('that training has moved, or that have more digits, are taken from the trace', () => {
    const trained = shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS, w: oneOff(WEIGHTS.w) }, 1);
    expect([trained.differs, [...trained.moved.keys()]]).toEqual([[], ['w']]);
    const fine = fromNumbers(
      'float64',
      [7],
      toNumbers(WEIGHTS.b).map((x) => x * (1 + 1e-12)),
    );
    const finer = shared(graphWith(WEIGHTS), { x: NUMBERS, ...WEIGHTS, b: fine });
    expect([finer.differs, [...finer.moved.keys()]]).toEqual([[], ['b']]);
    expect(finer.moved.get('b')?.dtype).toBe('float64');
    const table = fromNumbers('int64', [3], [1, 2, 3]);
    expect(shared(graphWith({ table }), { x: NUMBERS, table: fromNumbers('float64', [3], [1, 2, 3]) }).moved.size).toBe(
      0,
    );
  });

  it('that are not recorded are told, and whole numbers are not missed', () => {
    const notes = (
      recorded: Readonly<Record<string, Tensor>>,
      initializers: Readonly<Record<string, Tensor>> = WEIGHTS,
    ) => shared(graphWith(initializers), { x: NUMBERS, ...recorded }).notes;
    expect(notes({})).toEqual([
      'The trace holds no parameters: the reference’s were taken. That both sides had the same ones is not proven.',
    ]);
    const { w, b, k } = WEIGHTS;
    const unknown = shared(graphWith(WEIGHTS), { x: NUMBERS, w, b, k: null, g: null }).notes;
    expect(unknown[0]).toContain('lacks 2 of the parameters (g, k)');
    expect(notes({ w, b, k })).toEqual([
      'The trace lacks 1 of the parameters (g): the reference’s were taken. That both sides had the same ones is not proven.',
    ]);
    const more = { ...WEIGHTS, last: w };
    expect(notes({ w }, more)[0]).toContain('lacks 4 of the parameters (b, g, k, …)');
    expect(notes({ w, b }, more)[0]).toContain('lacks 3 of the parameters (g, k, last)');
    expect(notes({}, { table: fromNumbers('int64', [1], [1]) })).toEqual([]);
  });
});

describe('types', () => {
  const fine = sourceOf(fromNumbers('float64', [2], [0.1, -0.2]));
  const text: TensorSource = sourceOf({ dtype: 'string', shape: [1], data: ['a'] });

  it('are converted where both are floats, or neither is', () => {
    expect(asType(fine, 'float64', 'x')).toBe(fine);
    expect(asType(text, 'string', 'x')).toBe(text);
    expect(asType(fine, 'float32', 'x').read()).toEqual(float32([2], [0.1, -0.2]));
    expect(asType(sourceOf(fromNumbers('int64', [1], [7])), 'uint8', 'x').read()).toEqual(
      fromNumbers('uint8', [1], [7]),
    );
    for (const [source, dtype] of [
      [fine, 'int64'],
      [fine, 'string'],
      [text, 'float32'],
      [text, 'int64'],
      [sourceOf(fromNumbers('int64', [1], [7])), 'string'],
      [sourceOf(fromNumbers('bool', [1], [1])), 'float32'],
    ] as const)
      expect(refusal(() => asType(source, dtype, 'input x'))).toMatchObject({
        code: 'E_INPUT',
        place: 'input x',
        message: expect.stringContaining(`it is ${source.dtype}, the reference takes ${dtype}`),
        remedy: `Record or give it as ${dtype}.`,
      });
  });

  it('keep every digit where the oracle asks', () => {
    const held = asHeld(fine, 'float32', 'x');
    expect([held.dtype, held.shape, held.read().dtype]).toEqual(['float32', [2], 'float32']);
    expect(Array.from(toNumbers(held.read()))).toEqual([0.1, -0.2]);
    expect(asHeld(fine, 'float64', 'x')).toBe(fine);
    const coarse = sourceOf(fromNumbers('float16', [1], [0.1]));
    expect(asHeld(coarse, 'float32', 'x').read().data).toEqual(Float32Array.of(0.0999755859375));
    const whole = sourceOf(fromNumbers('int64', [1], [7]));
    expect(asHeld(whole, 'int64', 'x')).toBe(whole);
    expect(asHeld(whole, 'int32', 'x').dtype).toBe('int32');
  });
});
