import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { openTrace, writeNpz, writeSafetensors } from '../../../adapters/trace/index.ts';
import { isLayerdiffError } from '../../../harness/errors.ts';
import { float32, int64, sourceOf } from '../../../harness/tensor.ts';
import { safetensorsBytes, scratchFolder } from './scratch.ts';

const scratch = scratchFolder();
const eight = new Uint8Array(8);
const entry = (begin: unknown, end: unknown, shape: unknown = [2], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const meta = (metadata: unknown) => safetensorsBytes({ __metadata__: metadata, x: entry(0, 8) }, eight);

/** Name, bytes, what the message must say. */
const DAMAGED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an empty file', new Uint8Array(0), /E_FORMAT.*0 bytes are too few/],
  ['seven bytes', new Uint8Array(7), /E_FORMAT.*7 bytes are too few/],
  [
    'a header of 2^60 bytes',
    safetensorsBytes({}, eight, 2n ** 60n),
    /E_FORMAT.*the header claims 1152921504606846976 bytes/,
  ],
  ['a header of 2^64 - 1 bytes', safetensorsBytes({}, eight, 2n ** 64n - 1n), /E_FORMAT.*the header claims/],
  [
    'a header longer than the file by one',
    safetensorsBytes('{}', new Uint8Array(0), 3n),
    /E_FORMAT.*the header claims 3 bytes, the file has 2/,
  ],
  ['a header of no bytes', safetensorsBytes(''), /E_FORMAT.*not JSON/],
  ['a header that is no JSON', safetensorsBytes('{"x":'), /E_FORMAT.*not JSON/],
  ['a header that is not UTF-8', new Uint8Array([4, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff, 0xfe, 0x22]), /E_FORMAT.*UTF-8/],
  ['a header that is a list', safetensorsBytes([]), /E_FORMAT.*no object/],
  ['a header that is null', safetensorsBytes('null'), /E_FORMAT.*no object/],
  ['no tensor', safetensorsBytes({}), /E_FORMAT.*holds no tensor/],
  ['no tensor but metadata', safetensorsBytes({ __metadata__: { a: 'b' } }), /E_FORMAT.*holds no tensor/],
  ['a tensor that is no object', safetensorsBytes({ x: 3 }), /E_FORMAT.*tensor "x".*no object for it/],
  ['a tensor that is null', safetensorsBytes({ x: null }), /E_FORMAT.*tensor "x".*no object for it/],
  [
    'an unknown type',
    safetensorsBytes({ x: entry(0, 8, [2], 'FLOAT') }, eight),
    /E_FORMAT.*"x".*dtype "FLOAT" is unknown.*F64 F32/,
  ],
  [
    'no type',
    safetensorsBytes({ x: { shape: [], data_offsets: [0, 4] } }, eight),
    /E_FORMAT.*dtype missing is unknown/,
  ],
  ['a type that is a number', safetensorsBytes({ x: entry(0, 8, [2], 7) }, eight), /E_FORMAT.*dtype 7 is unknown/],
  [
    'a type that is not read',
    safetensorsBytes({ x: entry(0, 8, [8], 'F8_E4M3') }, eight),
    /E_UNSUPPORTED.*"F8_E4M3" are not read.*F64 F32/,
  ],
  ['a negative axis', safetensorsBytes({ x: entry(0, 8, [-2]) }, eight), /E_FORMAT.*shape is \[-2\]/],
  ['two negative axes', safetensorsBytes({ x: entry(0, 8, [-2, -1]) }, eight), /E_FORMAT.*shape is \[-2,-1\]/],
  ['a broken axis', safetensorsBytes({ x: entry(0, 8, [1.5]) }, eight), /E_FORMAT.*shape is \[1.5\]/],
  ['an axis that is text', safetensorsBytes({ x: entry(0, 8, ['2']) }, eight), /E_FORMAT.*shape is \["2"\]/],
  ['a huge axis', safetensorsBytes({ x: entry(0, 8, [2 ** 60]) }, eight), /E_FORMAT.*shape is/],
  [
    'a huge product',
    safetensorsBytes({ x: entry(0, 8, [2 ** 40, 2 ** 40, 2 ** 40]) }, eight),
    /E_FORMAT.*takes .* bytes, data_offsets give 8/,
  ],
  [
    'a product that overflows',
    safetensorsBytes(
      {
        x: entry(
          0,
          8,
          Array.from({ length: 40 }, () => 2 ** 50),
        ),
      },
      eight,
    ),
    /E_FORMAT.*takes Infinity bytes/,
  ],
  [
    'a thousand axes',
    safetensorsBytes(
      {
        x: entry(
          0,
          4,
          Array.from({ length: 1000 }, () => 1),
        ),
      },
      new Uint8Array(4),
    ),
    /E_FORMAT.*1000 axes/,
  ],
  ['no shape', safetensorsBytes({ x: { dtype: 'F32', data_offsets: [0, 8] } }, eight), /E_FORMAT.*shape is nothing/],
  [
    'a length that is not shape × type',
    safetensorsBytes({ x: entry(0, 8, [3]) }, eight),
    /E_FORMAT.*takes 12 bytes, data_offsets give 8/,
  ],
  [
    'offsets beyond the end',
    safetensorsBytes({ x: entry(8, 16) }, eight),
    /E_FORMAT.*ends at byte 16 of the data, the file has 8/,
  ],
  ['offsets of 2^52', safetensorsBytes({ x: entry(2 ** 52, 2 ** 52 + 8) }, eight), /E_FORMAT.*ends at byte/],
  ['offsets backwards', safetensorsBytes({ x: entry(8, 0) }, eight), /E_FORMAT.*data_offsets is \[8,0\]/],
  ['negative offsets', safetensorsBytes({ x: entry(-8, 0) }, eight), /E_FORMAT.*data_offsets is \[-8,0\]/],
  ['offsets that are text', safetensorsBytes({ x: entry('0', '8') }, eight), /E_FORMAT.*data_offsets is \["0","8"\]/],
  [
    'three offsets',
    safetensorsBytes({ x: { ...entry(0, 8), data_offsets: [0, 8, 8] } }, eight),
    /E_FORMAT.*data_offsets is \[0,8,8\]/,
  ],
  ['no offsets', safetensorsBytes({ x: { dtype: 'F32', shape: [2] } }, eight), /E_FORMAT.*data_offsets is missing/],
  [
    'two tensors on one place',
    safetensorsBytes({ x: entry(0, 8), y: entry(0, 8) }, eight),
    /E_FORMAT.*"y".*begins at byte 0, inside the tensor before it/,
  ],
  [
    'two tensors that overlap',
    safetensorsBytes({ x: entry(0, 8), y: entry(4, 12) }, new Uint8Array(12)),
    /E_FORMAT.*"y".*begins at byte 4/,
  ],
  [
    'a gap',
    safetensorsBytes({ x: entry(0, 4, [1]), y: entry(8, 12, [1]) }, new Uint8Array(12)),
    /E_FORMAT.*"y".*bytes 4 to 8 before it/,
  ],
  [
    'bytes after the last tensor',
    safetensorsBytes({ x: entry(0, 4, [1]) }, eight),
    /E_FORMAT.*4 bytes at the end belong to no tensor/,
  ],
  [
    'a name twice',
    safetensorsBytes(`{"x":${JSON.stringify(entry(0, 8))},"x":${JSON.stringify(entry(0, 8))}}`, eight),
    /E_FORMAT.*"x".*name twice/,
  ],
  [
    'a name twice, once escaped',
    safetensorsBytes(`{"x":${JSON.stringify(entry(0, 8))},"\\u0078":${JSON.stringify(entry(0, 8))}}`, eight),
    /E_FORMAT.*"x".*name twice/,
  ],
  [
    'a field twice',
    safetensorsBytes('{"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', eight),
    /E_FORMAT.*"dtype".*twice/,
  ],
  ['metadata that is a list', meta(['a']), /E_FORMAT.*__metadata__ is no object/],
  ['metadata that is no string', meta({ order: ['x'] }), /E_FORMAT.*__metadata__ "order" is no string.*json\.dumps/],
  ['an order that is no JSON', meta({ order: 'x, y' }), /E_FORMAT.*"order" is not JSON: x, y/],
  ['an order of numbers', meta({ order: '[1]' }), /E_FORMAT.*"order" is \[1\], not a JSON array of names/],
  ['an order with a name twice', meta({ order: '["x","y","x"]' }), /E_FORMAT.*"x".*name twice/],
  ['an iteration of -1', meta({ iteration: '-1' }), /E_FORMAT.*"iteration" is -1, not a whole number/],
  ['an iteration in words', meta({ iteration: 'first' }), /E_FORMAT.*"iteration" is first/],
  ['axes that are a list', meta({ axes: '["NHWC"]' }), /E_FORMAT.*"axes" is \["NHWC"\], not a JSON object/],
  ['axes of the wrong rank', meta({ axes: '{"x":"NHWC"}' }), /E_FORMAT.*"x".*4 letters for 1 axes/],
  ['axes with a letter twice', meta({ axes: '{"x":"NN"}' }), /E_FORMAT.*axes of x/],
  ['axes that are null', meta({ axes: 'null' }), /E_FORMAT.*"axes" is null/],
  ['axes with a name twice', meta({ axes: '{"x":"N","x":"C"}' }), /E_FORMAT.*"axes" has "x" twice/],
  ['groups that are no lists', meta({ groups: '{"layer":"x"}' }), /E_FORMAT.*groups of layer/],
  ['a trace of version 2', meta({ format: 'layerdiff-trace', version: '2' }), /E_UNSUPPORTED.*version 2/],
];

describe('a damaged safetensors file', () => {
  it.each(DAMAGED)('with %s is refused by place, reason and remedy', (_, bytes, message) => {
    const path = scratch.write('damaged.safetensors', bytes);
    const error = caught(() => openTrace(path));
    expect(error.message).toMatch(message);
    expect(error.place.startsWith(path)).toBe(true);
    expect(error.remedy.length).toBeGreaterThan(10);
    expect(error.message.length).toBeLessThan(700);
  });

  it('cut anywhere is refused when it is opened', () => {
    const whole = bytesOfTrace('safetensors');
    for (let length = 0; length < whole.length; length++) {
      const path = scratch.write('cut.safetensors', whole.subarray(0, length));
      expect(caught(() => openTrace(path)).code).toBe('E_FORMAT');
    }
  });

  it('that is cut after it was opened is refused when it is read', () => {
    const path = scratch.write('later.safetensors', bytesOfTrace('safetensors'));
    const trace = openTrace(path);
    truncateSync(path, 100);
    expect(() => trace.values.get('x')?.read()).toThrow(/^E_FILE.*has become shorter/);
  });
});

describe('any file at all', () => {
  it.each(['safetensors', 'npz'])('%s with some bytes changed is read or refused, and nothing else happens', (kind) => {
    const whole = bytesOfTrace(kind);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        expectReadOrRefused(() => readAll(scratch.write(`changed.${kind}`, bytes)));
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  it.each(['', 'PK\x03\x04', 'PK\x05\x06', '\x93NUMPY'])('of random bytes after %j is refused', (magic) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        const bytes = new Uint8Array([...magic].map((c) => c.charCodeAt(0)).concat([...tail]));
        const error = caught(() => readAll(scratch.write('random.bin', bytes)));
        expect(['E_FORMAT', 'E_FILE', 'E_UNSUPPORTED']).toContain(error.code);
      }),
      { seed: 37, numRuns: 150 },
    );
  });

  it('that is none is refused: a missing file, a folder, a device', () => {
    mkdirSync(scratch.path('folder'));
    expect(() => openTrace(scratch.path('none'))).toThrow(/^E_FILE.*there is no such file/);
    expect(() => openTrace(scratch.path('folder'))).toThrow(/^E_FILE.*is a folder/);
    expect(() => openTrace('/dev/zero')).toThrow(/^E_FILE/);
    expect(() => openTrace('a\0b')).toThrow(/^E_FILE/);
  });

  it('is never read whole: a sparse file of 64 GiB opens at once, and one small tensor of it is read', () => {
    const path = scratch.path('sparse.safetensors');
    const huge = 2 ** 36;
    const header = { huge: entry(0, huge, [huge / 4]), small: entry(huge, huge + 8) };
    writeFileSync(path, safetensorsBytes(header));
    truncateSync(path, readFileSync(path).length + huge + 8);
    const before = process.memoryUsage().rss;
    const trace = openTrace(path);
    expect(trace.values.get('small')?.read().data).toEqual(new Float32Array(2));
    expect(() => trace.values.get('huge')?.read()).toThrow(/^E_LIMIT/);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });
});

function bytesOfTrace(kind: string): Uint8Array {
  const path = scratch.path(`whole.${kind}`);
  const write = kind === 'npz' ? writeNpz : writeSafetensors;
  write(path, [
    [
      'value/x',
      sourceOf(
        float32(
          [5, 7],
          Array.from({ length: 35 }, (_, i) => i / 3),
        ),
      ),
    ],
    ['value/y', sourceOf(int64([3], [1, -2, 3]))],
    [
      'gradient/x',
      sourceOf(
        float32(
          [5, 7],
          Array.from({ length: 35 }, (_, i) => -i),
        ),
      ),
    ],
  ]);
  return new Uint8Array(readFileSync(path));
}

function caught(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (isLayerdiffError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function expectReadOrRefused(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isLayerdiffError(error)) throw error;
  }
}

function readAll(path: string): void {
  const trace = openTrace(path);
  for (const source of [...trace.values.values(), ...trace.gradients.values()]) source.read();
}
