import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { encodeTensor } from '../../../adapters/onnx/encode.ts';
import { decodeModel } from '../../../adapters/onnx/model.ts';
import { decodeTensor } from '../../../adapters/onnx/tensors.ts';
import { encodeMessage, longOf } from '../../../adapters/onnx/wire.ts';
import { isLayerdiffError } from '../../../harness/errors.ts';
import { errorOf, modelBytes } from './_proto.ts';

const decode = (bytes: Uint8Array) => decodeModel(bytes, { place: 'm.onnx', directory: null });
const golden = (name: string): Uint8Array =>
  readFileSync(new URL(`../../data/goldens/${name}/model.onnx`, import.meta.url));

/** mulberry32: the seed is all there is to know. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Decodes, and reads every weight: whatever is thrown has to be ours. Returns whether it was refused. */
function survives(bytes: Uint8Array): boolean {
  try {
    for (const source of decode(bytes).graph.initializers.values()) source.read();
    return false;
  } catch (error) {
    if (!isLayerdiffError(error)) throw error;
    return true;
  }
}

describe('damaged files are refused in our own words', () => {
  const bytes = golden('mlp-digits');

  it('cut off anywhere', () => {
    let accepted = 0;
    for (let length = 0; length < bytes.length; length += 7) if (!survives(bytes.subarray(0, length))) accepted++;
    // The graph is one field: nothing shorter holds it. What comes behind it is the operator set, without which no node is valid.
    expect(accepted).toBe(0);
  });
  it('with a byte changed anywhere: refused or read, never a crash', () => {
    const next = random(1);
    let refused = 0;
    for (let trial = 0; trial < 3000; trial++) {
      const changed = Uint8Array.from(bytes);
      changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
      if (survives(changed)) refused++;
    }
    expect(refused).toBeGreaterThan(0);
  });
  it('with several bytes changed in a small whole model', () => {
    const small = modelBytes({
      inputs: ['x'],
      initializers: [encodeTensor({ dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }, 'w')],
      nodes: [
        { op: 'Add', in: ['x', 'w'], out: ['a'], attribute: [{ name: 'k', type: 7, ints: [longOf(1)] }] },
        { op: 'Relu', in: ['a'], out: ['y'] },
      ],
      outputs: ['y'],
    });
    const next = random(2);
    let refused = 0;
    for (let trial = 0; trial < 5000; trial++) {
      const changed = Uint8Array.from(small);
      for (let k = 0; k < 3; k++) changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
      if (survives(changed)) refused++;
    }
    expect(refused).toBeGreaterThan(1000);
    expect(refused).toBeLessThan(5000);
  });
  it('of random bytes', () => {
    const next = random(3);
    for (let trial = 0; trial < 2000; trial++) {
      const noise = Uint8Array.from({ length: Math.floor(next() * 200) }, () => Math.floor(next() * 256));
      expect(survives(noise)).toBe(true);
      expect(isLayerdiffError(errorOf(() => decodeTensor(noise, 'x.pb')))).toBe(true);
    }
  });
  it('of text, or of nothing', () => {
    for (const text of ['', '{"model": 1}', '<!doctype html><html></html>', 'PK\u0003\u0004']) {
      expect(errorOf(() => decode(Buffer.from(text)))).toMatchObject({ code: 'E_FORMAT', place: 'm.onnx' });
    }
  });
});

describe('what a file claims is not believed', () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const field = (id: number, length: number): number[] => [...varint(id * 8 + 2), ...varint(length)];

  it('lengths beyond the file', () => {
    for (const length of [1, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40]) {
      for (const id of [2, 7, 8, 25]) {
        expect(errorOf(() => decode(Uint8Array.from(field(id, length)))).code).toBe('E_FORMAT');
      }
    }
  });
  it('nesting without end', () => {
    // Each graph holds a node, that an attribute, that a graph.
    let inner: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < 2000; level++) {
      for (const id of [6, 5, 1]) inner = Buffer.concat([Uint8Array.from(field(id, inner.length)), inner]);
    }
    const bytes = Buffer.concat([Uint8Array.from(field(7, inner.length)), inner]);
    expect(errorOf(() => decode(bytes))).toMatchObject({ code: 'E_FORMAT' });
  });
  it('groups without end, which ONNX does not use', () => {
    expect(errorOf(() => decode(new Uint8Array(100_000).fill(0x0b))).code).toBe('E_FORMAT');
  });
  it('varints without end', () => {
    expect(errorOf(() => decode(new Uint8Array(100).fill(0xff))).code).toBe('E_FORMAT');
  });
});

describe('large models are read quickly', () => {
  it('50,000 nodes in well under 2 seconds', () => {
    const count = 50_000;
    const nodes = Array.from({ length: count }, (_, i) => ({
      op: 'Conv',
      name: `/layer${i}/Conv`,
      in: [`t${i}`, 'w'],
      out: [`t${i + 1}`],
      attribute: [
        { name: 'pads', type: 7, ints: [1, 1, 1, 1].map(longOf) },
        { name: 'group', type: 2, i: longOf(1) },
      ],
    }));
    const bytes = modelBytes({ inputs: ['t0', 'w'], nodes, outputs: [`t${count}`] });
    const start = process.cpuUsage();
    const { nodes: decoded } = decode(bytes).graph;
    const { user } = process.cpuUsage(start);
    expect(decoded).toHaveLength(count);
    expect(user / 1e6).toBeLessThanOrEqual(2);
  });
  it('64 MB of weights without copying them', () => {
    const rawData = new Uint8Array(2 ** 26);
    const file = encodeMessage('TensorHead', { dims: [longOf(2 ** 24)], dataType: 1, name: 'w', rawData });
    const bytes = modelBytes({ initializers: [file], nodes: [{ op: 'Relu', in: ['w'], out: ['y'] }], outputs: ['y'] });
    const before = process.memoryUsage().arrayBuffers;
    const source = decode(bytes).graph.initializers.get('w');
    expect(source?.shape).toEqual([2 ** 24]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThanOrEqual(2 ** 20);
  });
});
