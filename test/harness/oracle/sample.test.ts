import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { float, int, ints } from '../../../adapters/onnx/rule.ts';
import { createOracle, random32 } from '../../../harness/oracle/index.ts';
import { sourceOf } from '../../../harness/tensor.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { Shape, TensorSource } from '../../../harness/types/tensor.ts';
import { random } from '../../support/bench.ts';

interface LayerCase {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  readonly attributes?: Attributes;
  readonly domain?: string;
}

const CASES: readonly LayerCase[] = [
  {
    name: 'Conv, strided, dilated, padded on one side, in groups',
    op: 'Conv',
    inputs: [[2, 6, 13, 11], [4, 3, 3, 2], [4]],
    output: [2, 4, 6, 9],
    attributes: { strides: ints([2, 1]), dilations: ints([1, 2]), pads: ints([0, 0, 1, 0]), group: int(2) },
  },
  {
    name: 'Conv over one axis',
    op: 'Conv',
    inputs: [
      [3, 5, 17],
      [7, 5, 4],
    ],
    output: [3, 7, 14],
  },
  {
    name: 'Conv depthwise',
    op: 'Conv',
    inputs: [
      [1, 5, 7, 7],
      [5, 1, 3, 3],
    ],
    output: [1, 5, 5, 5],
    attributes: { group: int(5) },
  },
  {
    name: 'MatMul',
    op: 'MatMul',
    inputs: [
      [7, 11],
      [11, 5],
    ],
    output: [7, 5],
  },
  {
    name: 'MatMul, one operand broadcast over batches',
    op: 'MatMul',
    inputs: [
      [2, 3, 7, 11],
      [3, 11, 5],
    ],
    output: [2, 3, 7, 5],
  },
  { name: 'MatMul of a vector', op: 'MatMul', inputs: [[11], [3, 11, 5]], output: [3, 5] },
  {
    name: 'FusedMatMul, both transposed',
    op: 'FusedMatMul',
    domain: 'com.microsoft',
    inputs: [
      [2, 11, 7],
      [2, 5, 11],
    ],
    output: [2, 7, 5],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.3) },
  },
  {
    name: 'Gemm with bias',
    op: 'Gemm',
    inputs: [[7, 11], [11, 5], [5]],
    output: [7, 5],
    attributes: { alpha: float(0.7), beta: float(1.3) },
  },
  {
    name: 'Gemm, both transposed',
    op: 'Gemm',
    inputs: [
      [11, 7],
      [5, 11],
      [7, 1],
    ],
    output: [7, 5],
    attributes: { transA: int(1), transB: int(1) },
  },
];

function oracleOf({ op, inputs, output, attributes = {}, domain }: LayerCase, arithmetic = random32(5)) {
  const b = new GraphBuilder(
    op,
    new Map([
      ['', 21],
      ['com.microsoft', 1],
    ]),
  );
  const feeds = new Map<string, TensorSource>();
  const names = inputs.map((shape, i) => {
    feeds.set(`x${i}`, sourceOf(random(shape, i + 1)));
    return b.input(`x${i}`, 'float32', shape);
  });
  b.output(b.node(op, names, attributes, { outputNames: ['y'], ...(domain === undefined ? {} : { domain }) }));
  const gradients = new Map([['y', sourceOf(random(output, 77))]]);
  return createOracle(b.graph(), { inputs: feeds, values: new Map(), gradients, loss: null }, arithmetic);
}

const FLOAT32 = { name: 'float32', round: Math.fround } as const;

/** Every seventh element, backwards. */
const some = (size: number): Int32Array => Int32Array.from({ length: Math.ceil(size / 7) }, (_, k) => size - 1 - 7 * k);
const picked = (data: Float64Array, elements: Int32Array): number[] => Array.from(elements, (i) => data[i] as number);

describe('the oracle at some elements', () => {
  it.each(CASES)('gives the very numbers of the whole: $name', (layer) => {
    const oracle = oracleOf(layer, FLOAT32);
    const { r64, n32 } = oracle.value('y');
    const elements = some(r64.data.length);
    const part = oracle.at('y', 'forward', elements);
    expect(part && Array.from(part.r64)).toEqual(picked(r64.data, elements));
    expect(part && Array.from(part.n32)).toEqual(picked(n32.data, elements));
  });

  it.each(CASES)('gives the very gradients of the whole: $name', (layer) => {
    const oracle = oracleOf(layer, FLOAT32);
    layer.inputs.slice(0, 2).forEach((_, slot) => {
      const { r64, n32 } = oracle.gradient(`x${slot}`);
      const elements = some(r64.data.length);
      const part = oracle.at(`x${slot}`, 'backward', elements);
      expect(part && Array.from(part.r64)).toEqual(picked(r64.data, elements));
      expect(part && Array.from(part.n32)).toEqual(picked(n32.data, elements));
    });
  });

  it('sums over the uses of a tensor, also those of which only the whole is to be had', () => {
    const b = new GraphBuilder('skip', 21);
    b.input('x', 'float32', [7, 7]);
    b.initializer('w', random([7, 7], 2));
    b.node('MatMul', ['x', 'w'], {}, { outputNames: ['h'] });
    b.output(b.node('Mul', ['x', 'x'], {}, { outputNames: ['s'] }));
    b.output('h');
    const request = {
      inputs: new Map([['x', sourceOf(random([7, 7], 1))]]),
      values: new Map<string, TensorSource>(),
      gradients: new Map([
        ['h', sourceOf(random([7, 7], 3))],
        ['s', sourceOf(random([7, 7], 4))],
      ]),
      loss: null,
    };
    const oracle = createOracle(b.graph(), request);
    const elements = some(49);
    const part = oracle.at('x', 'backward', elements);
    expect(part && Array.from(part.n32)).toEqual(picked(oracle.gradient('x').n32.data, elements));
    expect(part && Array.from(part.r64)).toEqual(picked(oracle.gradient('x').r64.data, elements));
  });

  it('gives nothing where the operator has no part, or a gradient is not cut behind the layer', () => {
    const b = new GraphBuilder('chain', 21);
    b.input('x', 'float32', [7, 7]);
    b.initializer('w', random([7, 7], 2));
    b.node('MatMul', ['x', 'w'], {}, { outputNames: ['h'] });
    b.node('Tanh', ['h'], {}, { outputNames: ['t'] });
    b.output('t');
    const request = {
      inputs: new Map([['x', sourceOf(random([7, 7], 1))]]),
      values: new Map<string, TensorSource>(),
      gradients: new Map([['t', sourceOf(random([7, 7], 3))]]),
      loss: null,
    };
    const oracle = createOracle(b.graph(), request);
    expect(oracle.at('t', 'forward', some(49))).toBeNull();
    expect(oracle.at('h', 'backward', some(49))).toBeNull();
    expect(oracle.at('x', 'backward', some(49))).toBeNull();
    expect(oracle.at('h', 'forward', some(49))).not.toBeNull();
  });
});

describe('what the oracle keeps', () => {
  it('changes no answer, however little it is', () => {
    const b = new GraphBuilder('net', 21);
    b.input('x', 'float32', [5, 7]);
    let x = 'x';
    for (let k = 0; k < 5; k++) {
      b.initializer(`w${k}`, random([7, 7], k + 2));
      x = b.node(
        'Tanh',
        [b.node('MatMul', [x, `w${k}`], {}, { outputNames: [`h${k}`] })],
        {},
        { outputNames: [`t${k}`] },
      );
    }
    b.output(b.node('ReduceSum', [b.node('Mul', [x, 't1'])], {}, { outputNames: ['loss'] }));
    const values = new Map([['t2', sourceOf(random([5, 7], 40, 0, 0.3))]]);
    const request = {
      inputs: new Map([['x', sourceOf(random([5, 7], 1))]]),
      values,
      gradients: new Map(),
      loss: 'loss',
    };
    const all = createOracle(b.graph(), request);
    const nothing = createOracle(b.graph(), request, FLOAT32, 0);
    for (const name of ['h4', 'x', 't1', 'w0', 'w3', 'h2', 't0']) {
      expect(nothing.gradient(name)).toEqual(all.gradient(name));
      expect(nothing.value(name).r64).toEqual(all.value(name).r64);
      expect(nothing.value(name).n32).toEqual(all.value(name).n32);
    }
  });
});
