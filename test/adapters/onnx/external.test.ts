import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '../../../adapters/onnx/model.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';
import { errorOf, long64, modelBytes, modelOf, tensorBytes } from './_proto.ts';

let root: string;
let directory: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'layerdiff-external-'));
  directory = join(root, 'model');
  mkdirSync(join(directory, 'data'), { recursive: true });
  const numbers = Float32Array.from({ length: 8 }, (_, i) => i);
  for (const path of [join(directory, 'w.bin'), join(directory, 'data', 'w.bin'), join(root, 'outside.bin')]) {
    writeFileSync(path, numbers);
  }
  symlinkSync(join(root, 'outside.bin'), join(directory, 'link.bin'));
  symlinkSync(root, join(directory, 'up'));
  symlinkSync(join(directory, 'w.bin'), join(directory, 'inside.bin'));
});

afterAll(() => rmSync(root, { recursive: true }));

const external = (entries: Readonly<Record<string, string>>, dims: readonly number[] = [2]): Uint8Array =>
  tensorBytes({
    dims: long64(dims),
    dataType: 1,
    name: 'w',
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });

const draft = (tensor: Uint8Array) => ({
  initializers: [tensor],
  nodes: [{ op: 'Relu', in: ['w'], out: ['y'] }],
  outputs: ['y'],
});

const source = (entries: Readonly<Record<string, string>>, dims?: readonly number[]): TensorSource =>
  modelOf(draft(external(entries, dims)), directory).graph.initializers.get('w') as TensorSource;

describe('external data', () => {
  it('are the slice that offset and length name', () => {
    expect(source({ location: 'w.bin', offset: '12', length: '8' }).read().data).toEqual(Float32Array.of(3, 4));
    expect(source({ location: 'w.bin', offset: '24' }).read().data).toEqual(Float32Array.of(6, 7));
    expect(source({ location: 'w.bin' }, [2, 4]).read().data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    expect(source({ location: 'data/w.bin', offset: '4' }).read().data).toEqual(Float32Array.of(1, 2));
    expect(source({ location: 'inside.bin' }).read().data).toEqual(Float32Array.of(0, 1));
    expect(source({ location: 'w.bin', offset: '32' }, [0]).read().data).toEqual(Float32Array.of());
  });
  it('may begin anywhere', () => {
    const bytes = new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer);
    const expected = new Float32Array(bytes.slice(5, 13).buffer);
    expect(source({ location: 'w.bin', offset: '5' }).read().data).toEqual(expected);
  });
  it('are looked for beside a model that is loaded by its path', () => {
    const path = join(directory, 'm.onnx');
    writeFileSync(path, modelBytes(draft(external({ location: 'w.bin', offset: '4' }))));
    expect(loadModel(path).graph.initializers.get('w')?.read().data).toEqual(Float32Array.of(1, 2));
  });
  it('are read when asked for: a model without its data file still shows its graph', () => {
    const missing = source({ location: 'gone.bin' });
    expect(missing.shape).toEqual([2]);
    const error = errorOf(() => missing.read());
    expect(error).toMatchObject({ code: 'E_FILE', place: 'm.onnx, tensor "w"' });
    expect(error.message).toContain('gone.bin');
  });

  const outside = [
    '../outside.bin',
    'data/../../outside.bin',
    '/etc/passwd',
    'C:\\w.bin',
    'c:w.bin',
    '..\\outside.bin',
    '\\\\host\\share\\w.bin',
    'up/../w.bin',
  ];
  for (const location of outside) {
    it(`are refused at "${location}"`, () => {
      const error = errorOf(() => source({ location }));
      expect(error).toMatchObject({ code: 'E_MODEL', place: 'm.onnx, tensor "w"' });
      expect(error.message).toContain('outside the folder');
    });
  }
  for (const location of ['link.bin', 'up/outside.bin']) {
    it(`are refused where "${location}" is a link out of the folder`, () => {
      expect(errorOf(() => source({ location }).read()).message).toContain('a link out of the folder');
    });
  }

  const wrong: readonly (readonly [string, Readonly<Record<string, string>>, string, RegExp])[] = [
    ['no location', {}, 'E_MODEL', /in which file/],
    ['a location with a NUL', { location: 'w\0.bin' }, 'E_MODEL', /in which file/],
    ['a negative offset', { location: 'w.bin', offset: '-4' }, 'E_MODEL', /"-4" as the offset/],
    ['an offset that is no number', { location: 'w.bin', offset: '0x4' }, 'E_MODEL', /"0x4" as the offset/],
    ['an offset beyond counting', { location: 'w.bin', offset: '99999999999999999999' }, 'E_MODEL', /as the offset/],
    ['a length that the shape contradicts', { location: 'w.bin', length: '12' }, 'E_MODEL', /12 bytes.*need 8/],
    ['an end behind the file', { location: 'w.bin', offset: '28' }, 'E_FORMAT', /bytes 28 to 36.*which has 32/],
    ['a folder', { location: 'data' }, 'E_FORMAT', /needs bytes/],
  ];
  for (const [what, entries, code, reason] of wrong) {
    it(`are refused with ${what}`, () => {
      const error = errorOf(() => source(entries).read());
      expect(error.code).toBe(code);
      expect(error.message).toMatch(reason);
    });
  }
  it('of an impossible size are refused before anything is allocated', () => {
    expect(errorOf(() => source({ location: 'w.bin' }, [2 ** 42]).read()).code).toBe('E_FORMAT');
  });
});

it('a model that is not there is E_FILE, with its path', () => {
  const path = join(tmpdir(), 'layerdiff-no-such-model.onnx');
  expect(errorOf(() => loadModel(path))).toMatchObject({ code: 'E_FILE', place: path });
});
