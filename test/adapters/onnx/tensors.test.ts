import { describe, expect, it } from '@jest/globals';
import { elementName } from '../../../adapters/onnx/elements.ts';
import { encodeTensor } from '../../../adapters/onnx/encode.ts';
import { decodeSource, decodeTensor } from '../../../adapters/onnx/tensors.ts';
import { toBfloat16, toFloat16 } from '../../../harness/numerics/float16.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { DataType, TensorData } from '../../../harness/types/tensor.ts';
import { errorOf, long, long64, modelOf, tensorBytes } from './_proto.ts';

const raw = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const HUGE = 2n ** 63n - 1n;

/** dtype, ONNX's number, raw bytes, typed list, elements. */
const FORMS: readonly (readonly [DataType, number, Uint8Array | null, object, TensorData])[] = [
  [
    'float32',
    1,
    raw(Float32Array.of(1.5, -0, 3e-40)),
    { floatData: [1.5, -0, 3e-40] },
    Float32Array.of(1.5, -0, 3e-40),
  ],
  ['uint8', 2, Uint8Array.of(0, 7, 255), { int32Data: [0, 7, 255] }, Uint8Array.of(0, 7, 255)],
  ['int8', 3, raw(Int8Array.of(-128, 0, 127)), { int32Data: [-128, 0, 127] }, Int8Array.of(-128, 0, 127)],
  ['uint16', 4, raw(Uint16Array.of(0, 7, 65535)), { int32Data: [0, 7, 65535] }, Uint16Array.of(0, 7, 65535)],
  ['int16', 5, raw(Int16Array.of(-32768, 1, 2)), { int32Data: [-32768, 1, 2] }, Int16Array.of(-32768, 1, 2)],
  [
    'int32',
    6,
    raw(Int32Array.of(-(2 ** 31), 0, 5)),
    { int32Data: [-(2 ** 31), 0, 5] },
    Int32Array.of(-(2 ** 31), 0, 5),
  ],
  [
    'int64',
    7,
    raw(BigInt64Array.of(-1n, 0n, HUGE)),
    { int64Data: long64([-1, 0, 2 ** 63]) },
    BigInt64Array.of(-1n, 0n, HUGE),
  ],
  ['string', 8, null, { stringData: [Buffer.from('a'), Buffer.from(''), Buffer.from('ü')] }, ['a', '', 'ü']],
  ['bool', 9, Uint8Array.of(1, 0, 1), { int32Data: [1, 0, 1] }, Uint8Array.of(1, 0, 1)],
  [
    'float16',
    10,
    raw(Uint16Array.from([1, -2, 0.1], toFloat16)),
    { int32Data: [1, -2, 0.1].map(toFloat16) },
    Uint16Array.from([1, -2, 0.1], toFloat16),
  ],
  ['float64', 11, raw(Float64Array.of(0.1, 2, -3)), { doubleData: [0.1, 2, -3] }, Float64Array.of(0.1, 2, -3)],
  [
    'uint32',
    12,
    raw(Uint32Array.of(0, 1, 2 ** 32 - 1)),
    { uint64Data: long64([0, 1, 2 ** 32 - 1]) },
    Uint32Array.of(0, 1, 2 ** 32 - 1),
  ],
  [
    'uint64',
    13,
    raw(BigUint64Array.of(0n, 1n, 2n ** 53n)),
    { uint64Data: long64([0, 1, 2 ** 53]) },
    BigUint64Array.of(0n, 1n, 2n ** 53n),
  ],
  [
    'bfloat16',
    16,
    raw(Uint16Array.from([1, -2, 0.1], toBfloat16)),
    { int32Data: [1, -2, 0.1].map(toBfloat16) },
    Uint16Array.from([1, -2, 0.1], toBfloat16),
  ],
];

describe('tensors are read in every form of storage', () => {
  for (const [dtype, dataType, rawData, list, data] of FORMS) {
    const head = { dims: long64([3, 1]), dataType, name: 't' };
    const expected = { name: 't', tensor: { dtype, shape: [3, 1], data } };
    it(`${dtype} from its typed list`, () => {
      expect(decodeTensor(tensorBytes(head, list), 'x.pb')).toEqual(expected);
    });
    if (rawData !== null) {
      it(`${dtype} from raw bytes, wherever these lie`, () => {
        for (const name of ['t', 'tt', 'ttt', 'tttt', 'ttttt']) {
          const bytes = tensorBytes({ ...head, name, rawData });
          expect(decodeTensor(bytes, 'x.pb')).toEqual({ ...expected, name });
        }
      });
    }
    it(`${dtype} as we write it`, () => {
      expect(decodeTensor(encodeTensor({ dtype, shape: [3, 1], data }, 't'), 'x.pb')).toEqual(expected);
    });
  }
  it('scalars and tensors without elements', () => {
    for (const [shape, numbers] of [
      [[], [7]],
      [[0], []],
      [[2, 0, 3], []],
    ] as const) {
      const tensor = fromNumbers('float32', shape, numbers);
      expect(decodeTensor(encodeTensor(tensor, 't'), 'x.pb').tensor).toEqual(tensor);
    }
  });
  it('raw bytes are a view on the file, not a copy', () => {
    const bytes = encodeTensor(fromNumbers('float32', [4096], new Float32Array(4096)), 'w');
    for (let shift = 0; shift < 4; shift++) {
      const file = new Uint8Array(bytes.length + shift);
      file.set(bytes, shift);
      const { source } = decodeSource(file.subarray(shift), { place: 'm.onnx', directory: null });
      const { buffer, byteOffset } = source.read().data as Float32Array;
      const aligned = (file.length - 4096 * 4) % 4 === 0;
      expect(buffer === file.buffer).toBe(aligned);
      if (aligned) expect(byteOffset).toBe(file.length - 4096 * 4);
    }
  });
});

describe('sparse tensors become dense', () => {
  const values = tensorBytes({ dims: long64([3]), dataType: 1, name: 'w' }, { floatData: [5, 6, 7] });
  const indices = (dims: number[], data: number[]): Uint8Array =>
    tensorBytes({ dims: long64(dims), dataType: 7 }, { int64Data: long64(data) });
  const read = (index: Uint8Array, dims = [2, 3]) =>
    modelOf({
      sparse: [{ values, indices: index, dims: long64(dims) }],
      nodes: [{ op: 'Relu', in: ['w'], out: ['y'] }],
      outputs: ['y'],
    })
      .graph.initializers.get('w')
      ?.read();
  const dense = fromNumbers('float32', [2, 3], [0, 5, 0, 6, 0, 7]);

  it('by offsets', () => expect(read(indices([3], [1, 3, 5]))).toEqual(dense));
  it('by positions', () => expect(read(indices([3, 2], [0, 1, 1, 0, 1, 2]))).toEqual(dense));
  it('unless an index is out of range', () => {
    for (const index of [indices([3], [1, 3, 6]), indices([3], [-1, 3, 5]), indices([3, 2], [0, 3, 1, 0, 1, 2])]) {
      expect(errorOf(() => read(index))).toMatchObject({ code: 'E_MODEL', place: 'm.onnx, sparse tensor "w"' });
    }
  });
  it('unless there are more or fewer indices than values', () => {
    for (const index of [indices([2], [1, 3]), indices([2, 3], [0, 1, 1, 0, 1, 2]), indices([0], [])]) {
      expect(errorOf(() => read(index)).code).toBe('E_MODEL');
    }
  });
  it('unless a few bytes claim a huge one', () => {
    expect(errorOf(() => read(indices([3], [1, 3, 5]), [40000, 40000])).code).toBe('E_LIMIT');
  });
});

describe('a tensor that contradicts itself is refused', () => {
  const head = { dims: long64([2]), dataType: 1, name: 't' };
  const refused: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['too few raw bytes', tensorBytes({ ...head, rawData: new Uint8Array(7) }), 'E_MODEL', /holds 7 bytes.*need 8/],
    ['too many raw bytes', tensorBytes({ ...head, rawData: new Uint8Array(9) }), 'E_MODEL', /holds 9 bytes.*need 8/],
    ['too few elements', tensorBytes(head, { floatData: [1] }), 'E_MODEL', /holds 1 elements.*needs 2/],
    ['elements in another list', tensorBytes(head, { doubleData: [1, 2] }), 'E_MODEL', /holds 0 elements/],
    ['no elements at all', tensorBytes(head), 'E_MODEL', /holds 0 elements/],
    ['a negative dimension', tensorBytes({ ...head, dims: long64([2, -1]) }), 'E_MODEL', /negative dimension \(-1\)/],
    [
      'a product beyond counting',
      tensorBytes({ ...head, dims: long64([2 ** 40, 2 ** 40]) }),
      'E_MODEL',
      /impossibly large/,
    ],
    [
      'a zero that hides such a product',
      tensorBytes({ ...head, dims: long64([2 ** 40, 0, 2 ** 40]) }),
      'E_MODEL',
      /impossibly/,
    ],
    ['a huge claim without data', tensorBytes({ ...head, dims: long64([2 ** 40]) }), 'E_MODEL', /holds 0 elements/],
    ['no type', tensorBytes({ ...head, dataType: 0 }), 'E_MODEL', /no valid element type/],
    ['an unknown type', tensorBytes({ ...head, dataType: 99 }), 'E_MODEL', /no valid element type \(99\)/],
    ['strings as raw bytes', tensorBytes({ ...head, dataType: 8, rawData: new Uint8Array(2) }), 'E_MODEL', /strings/],
    ['segments', tensorBytes({ ...head, segment: new Uint8Array(0) }), 'E_UNSUPPORTED', /segments/],
    [
      'external data of a lone tensor',
      tensorBytes({ ...head, dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] }),
      'E_FILE',
      /w\.bin.*no folder/,
    ],
  ];
  for (const [what, bytes, code, reason] of refused) {
    it(`for ${what}`, () => {
      const error = errorOf(() => decodeTensor(bytes, 'x.pb'));
      expect(error).toMatchObject({ code, place: 'x.pb, tensor "t"' });
      expect(error.message).toMatch(reason);
    });
  }
  for (const dataType of [14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26]) {
    it(`for ${elementName(dataType)}, which cannot be held, naming it`, () => {
      const error = errorOf(() => decodeTensor(tensorBytes({ ...head, dataType, rawData: new Uint8Array(1) }), 'x.pb'));
      expect(error).toMatchObject({ code: 'E_UNSUPPORTED', place: 'x.pb, tensor "t"' });
      expect(error.message).toContain(elementName(dataType));
    });
  }
});

it('INT64_MAX survives being a number', () => {
  expect(String(long(Number(HUGE)))).toBe(String(HUGE));
});
