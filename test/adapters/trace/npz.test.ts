import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { crc32, deflateRawSync } from 'node:zlib';
import { openTrace, writeNpz, writeSafetensors } from '../../../adapters/trace/index.ts';
import { float32, fromNumbers, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { scratchFolder } from './scratch.ts';

const scratch = scratchFolder();
const numbers = (name: string, path: string) => [...toNumbers(openTrace(path).values.get(name)?.read() as Tensor)];

/** A .npy file from its header's text and its elements. */
function npy(header: string, elements: Uint8Array, version = 1): Uint8Array {
  const text = `${header}\n`;
  const prefix = version === 1 ? 10 : 12;
  const bytes = Buffer.alloc(prefix + text.length + elements.length);
  bytes.write('\x93NUMPY', 'latin1');
  bytes[6] = version;
  if (version === 1) bytes.writeUInt16LE(text.length, 8);
  else bytes.writeUInt32LE(text.length, 8);
  bytes.write(text, prefix);
  bytes.set(elements, prefix + text.length);
  return bytes;
}

interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  readonly method?: number;
  readonly flags?: number;
  readonly claim?: number;
  readonly checksum?: number;
}

/** A ZIP archive with 32-bit fields, as old writers make it (ours always writes ZIP64). */
function zip(members: readonly Member[], offsetOf = (at: number) => at): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, deflate, method, flags, claim, checksum } of members) {
    const stored = deflate ? deflateRawSync(bytes) : Buffer.from(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags ?? 0, 2);
    fields.writeUInt16LE(method ?? (deflate ? 8 : 0), 4);
    fields.writeUInt32LE(checksum ?? crc32(bytes), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(claim ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offsetOf(at), 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), fields, tail, Buffer.from(name)]));
    parts.push(Buffer.from('PK\x03\x04'), fields, Buffer.from(name), stored);
    at += 30 + name.length + stored.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(central).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...central, end]);
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
const bytesOf = (array: { readonly buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);
const six = bytesOf(new Float32Array([1, 2, 3, 4, 5, 6]));

describe('an NPZ archive', () => {
  it('may be deflated, in Fortran order, big-endian, of header version 2 or 3, and with 32-bit fields', () => {
    const big = bytesOf(new Uint32Array([0x0000803f, 0x00000040])); // 1 and 2, the most significant byte first
    const path = scratch.write(
      'kinds.npz',
      zip([
        { name: 'value/c.npy', bytes: npy(header('<f4', '(2, 3)'), six), deflate: true },
        { name: 'value/fortran.npy', bytes: npy(header('<f4', '(2, 3)', 'True'), six), deflate: true },
        { name: 'value/big.npy', bytes: npy(header('>f4', '(2,)'), big, 2) },
        { name: 'value/scalar.npy', bytes: npy(header('|b1', '()'), new Uint8Array([7]), 3) },
        { name: 'folder/', bytes: new Uint8Array(0) },
        { name: 'value/empty.npy', bytes: npy(header('<i8', '(0, 3)', 'True'), new Uint8Array(0)) },
      ]),
    );
    expect(numbers('c', path)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(numbers('fortran', path)).toEqual([1, 3, 5, 2, 4, 6]);
    expect(numbers('big', path)).toEqual([1, 2]);
    expect(numbers('scalar', path)).toEqual([1]);
    expect(numbers('empty', path)).toEqual([]);
    expect(openTrace(path).metadata.order).toEqual(['c', 'fortran', 'big', 'scalar', 'empty']);
  });

  it('in Fortran order of three axes is put in row-major order', () => {
    const shape = [2, 3, 5];
    const stored = new Int32Array(30);
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 3; j++) for (let k = 0; k < 5; k++) stored[i + 2 * (j + 3 * k)] = 100 * i + 10 * j + k;
    }
    const bytes = npy(header('<i4', '(2, 3, 5)', 'True'), bytesOf(stored));
    const tensor = openTrace(scratch.write('f.npz', zip([{ name: 'x.npy', bytes }])))
      .values.get('x')
      ?.read() as Tensor;
    expect(tensor.shape).toEqual(shape);
    const expected = Array.from(
      { length: 30 },
      (_, o) => 100 * Math.floor(o / 15) + 10 * (Math.floor(o / 5) % 3) + (o % 5),
    );
    expect([...(tensor.data as Int32Array)]).toEqual(expected);
  });
});

const good = npy(header('<f4', '(2, 3)'), six);
const member = (bytes: Uint8Array, more: Partial<Member> = {}): Uint8Array => zip([{ name: 'x.npy', bytes, ...more }]);
const DAMAGED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['no member', zip([]), /E_FORMAT.*holds no tensor/],
  [
    'a member that is no array',
    zip([{ name: 'data.pkl', bytes: six }]),
    /E_FORMAT.*"data.pkl".*another kind of ZIP archive.*safetensors/,
  ],
  [
    'a name twice',
    zip([
      { name: 'x.npy', bytes: good },
      { name: 'x.npy', bytes: good },
    ]),
    /E_FORMAT.*"x": is twice/,
  ],
  [
    'two members on one place',
    zip(
      [
        { name: 'x.npy', bytes: good },
        { name: 'y.npy', bytes: good },
      ],
      () => 0,
    ),
    /E_FORMAT.*lies inside another member/,
  ],
  ['an offset outside', zip([{ name: 'x.npy', bytes: good }], () => 2 ** 31), /E_FORMAT.*lies outside the file/],
  ['an encrypted member', member(good, { flags: 1 }), /E_UNSUPPORTED.*is encrypted/],
  ['another compression', member(good, { method: 12 }), /E_UNSUPPORTED.*method 12.*savez/],
  ['deflate that is none', member(new Uint8Array(90).fill(255), { method: 8 }), /E_FORMAT.*cannot be inflated/],

  ['a bomb', member(good, { deflate: true, claim: 2 ** 31 }), /E_FORMAT.*claims 2147483648 bytes, made of/],
  [
    "a size that is not the array's",
    member(npy(header('<f4', '(2, 4)'), six)),
    /E_FORMAT.*shape \[2, 4\] of float32 takes/,
  ],
  ['a huge shape', member(npy(header('<f4', '(99999999999999999999, 2)'), six)), /E_FORMAT.*shape is/],
  ['a negative shape', member(npy(header('<f4', '(-2, 3)'), six)), /E_FORMAT.*no \.npy header/],
  ['a shape with a hole', member(npy(header('<f4', '(2,,3)'), six)), /E_FORMAT.*shape is/],
  ['objects', member(npy(header('|O', '(2, 3)'), six)), /E_UNSUPPORTED.*numpy type "\|O".*f8 f4/],
  ['text', member(npy(header('<U2', '(3,)'), six)), /E_UNSUPPORTED.*numpy type "<U2"/],
  [
    'records',
    member(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", six)),
    /E_UNSUPPORTED.*a record array/,
  ],
  ['no magic', member(six), /E_FORMAT.*does not begin as a \.npy file/],
  ['a header that is none', member(npy('import os', six)), /E_FORMAT.*no \.npy header: import os/],
  [
    'a header that is too long',
    member(Buffer.concat([Buffer.from('\x93NUMPY\x02\0\xff\xff\xff\xff', 'latin1'), six])),
    /E_FORMAT.*its header claims 4294967295 bytes/,
  ],
];

describe('a damaged NPZ archive', () => {
  it.each(DAMAGED)('with %s is refused by place, reason and remedy', (_, bytes, message) => {
    const path = scratch.write('damaged.npz', bytes);
    const attempt = () => openTrace(path).values.get('x')?.read();
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ name: 'LayerdiffError', place: expect.stringContaining(path) }));
  });

  it('cut anywhere is refused', () => {
    const whole = member(good, { deflate: true });
    for (let length = 0; length < whole.length; length++) {
      expect(() => openTrace(scratch.write('cut.npz', whole.subarray(0, length)))).toThrow(/^E_FORMAT/);
    }
  });

  it('with another checksum opens, and is refused when the array is read', () => {
    const trace = openTrace(scratch.write('crc.npz', member(good, { checksum: 1 })));
    expect(trace.values.get('x')?.shape).toEqual([2, 3]);
    expect(() => trace.values.get('x')?.read()).toThrow(/^E_FORMAT.*checksum/);
  });

  it('that is one bare array says how to name it', () => {
    expect(() => openTrace(scratch.write('bare.npy', good))).toThrow(/^E_FORMAT.*one array without a name.*savez/);
  });
});

const numpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
const python = (script: string) => execFileSync('python3', ['-c', script], { encoding: 'utf8' });

(numpy ? describe : describe.skip)('numpy and we (skipped where python3 has no numpy)', () => {
  const types = ['f8', 'f4', 'f2', 'i8', 'i4', 'i2', 'i1', 'u8', 'u4', 'u2', 'u1', 'b1'];

  it.each(['savez', 'savez_compressed'])(
    'agree on what %s wrote: every type, both orders, both byte orders',
    (save) => {
      const path = scratch.path(`${save}.npz`);
      const sums = python(`
import numpy as np, json
rng = np.random.default_rng(20240611)
named = {}
for t in ${JSON.stringify(types)}:
    x = rng.integers(0, 100, (3, 5, 7)).astype(t)
    named['value/c.' + t] = x
    named['value/f.' + t] = np.asfortranarray(x)
    named['value/big.' + t] = x.astype('>' + t)
named['gradient/s'] = np.float32(2.5)
np.${save}(${JSON.stringify(path)}, **named)
print(json.dumps({k: v.astype('f8').ravel().tolist() for k, v in named.items()}))
`);
      const trace = openTrace(path);
      const expected = Object.entries(JSON.parse(sums) as Record<string, number[]>);
      expect(expected.length).toBe(types.length * 3 + 1);
      for (const [stored, values] of expected) {
        const [kind, name] = [
          stored.startsWith('value/') ? trace.values : trace.gradients,
          stored.replace(/^\w+\//, ''),
        ];
        expect([name, ...toNumbers(kind.get(name)?.read() as Tensor)]).toEqual([name, ...values]);
      }
    },
  );

  it('agree on what we wrote', () => {
    const path = scratch.path('ours.npz');
    writeNpz(path, [
      ['value//net/conv', sourceOf(float32([2, 3], [1, 2, 3, 4, 5, 6]))],
      ['half', sourceOf(fromNumbers('float16', [1], [0.5]))],
      ['flag', sourceOf(fromNumbers('bool', [], [1]))],
    ]);
    const told = python(`
import numpy as np
d = np.load(${JSON.stringify(path)})
print(d.files, d['value//net/conv'].tolist(), d['half'].dtype, d['half'][0], d['flag'].shape, bool(d['flag']))
`);
    expect(told.trim()).toBe(
      "['value//net/conv', 'half', 'flag'] [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] float16 0.5 () True",
    );
  });

  it('agree on our safetensors, read by its specification in six lines', () => {
    const path = scratch.path('ours.safetensors');
    writeSafetensors(path, [
      ['value/flag', sourceOf(fromNumbers('uint8', [3], [1, 2, 3]))],
      ['value/x', sourceOf(float32([2, 2], [1, -2, 3, -4]))],
    ]);
    const told = python(`
import numpy as np, json, struct
b = open(${JSON.stringify(path)}, 'rb').read()
n, = struct.unpack('<Q', b[:8])
h = json.loads(b[8:8 + n])
for name, e in h.items():
    begin, end = e['data_offsets']
    x = np.frombuffer(b[8 + n + begin:8 + n + end], {'F32': 'f4', 'U8': 'u1'}[e['dtype']]).reshape(e['shape'])
    print(name, x.tolist(), (8 + n + begin) % x.itemsize)
`);
    expect(told.trim().split('\n')).toEqual(['value/flag [1, 2, 3] 0', 'value/x [[1.0, -2.0], [3.0, -4.0]] 0']);
  });
});
