import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { openTrace, readTensors, writeNpz, writeSafetensors, writeTrace } from '../../../adapters/trace/index.ts';
import { bytesOf, float32, fromNumbers, int64, sourceOf } from '../../../harness/tensor.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import type { Trace } from '../../../harness/types/trace.ts';
import { anyName, anyTensor, STORED_TYPES } from './arbitraries.ts';
import { scratchFolder } from './scratch.ts';

const scratch = scratchFolder();
const RUNS = { seed: 20_240_611, numRuns: 150 };
const bits = (tensor: Tensor) => [tensor.dtype, tensor.shape, Buffer.from(bytesOf(tensor)).toString('hex')];
const mapOf = (entries: readonly (readonly [string, Tensor])[]) => new Map(entries.map(([n, t]) => [n, sourceOf(t)]));
const bitsOf = (map: ReadonlyMap<string, TensorSource>) =>
  [...map].map(([name, source]) => [name, bits(source.read())]);
const announced = (map: ReadonlyMap<string, TensorSource>) =>
  [...map.values()].map(({ dtype, shape }) => [dtype, shape]);

const entriesOf = (types = STORED_TYPES) =>
  fc.uniqueArray(fc.tuple(anyName, anyTensor(types)), { selector: ([name]) => name, maxLength: 6 });

const anyTrace = fc
  .record({
    values: entriesOf().filter((e) => e.length > 0),
    gradients: entriesOf(),
    updates: entriesOf(),
    states: entriesOf(),
    producer: fc.option(fc.string()),
    order: fc.option(fc.uniqueArray(anyName)),
    iteration: fc.nat(),
  })
  .map(({ values, gradients, updates, states, producer, order, iteration }): Trace => {
    const axes = new Map(values.map(([name, t]) => [name, 'NHWC'.slice(0, t.shape.length)]));
    const groups = new Map([['layer', values.map(([name]) => name)]]);
    return {
      values: mapOf(values),
      gradients: mapOf(gradients),
      updates: mapOf(updates),
      states: mapOf(states),
      metadata: { producer, order, iteration, axes, groups },
    };
  });

describe('a trace that is written and read again', () => {
  it('is the same bit for bit in every type, kind, shape and name (safetensors)', () => {
    const path = scratch.path('law.safetensors');
    fc.assert(
      fc.property(anyTrace, (trace) => {
        writeTrace(path, trace);
        const again = openTrace(path);
        for (const kind of ['values', 'gradients', 'updates', 'states'] as const) {
          expect(new Set(bitsOf(again[kind]))).toEqual(new Set(bitsOf(trace[kind])));
        }
        expect(again.metadata.producer).toBe(trace.metadata.producer);
        expect(again.metadata.order).toEqual(trace.metadata.order);
        expect(again.metadata.iteration).toBe(trace.metadata.iteration);
        expect(new Map(again.metadata.axes)).toEqual(new Map(trace.metadata.axes));
        expect(new Map(again.metadata.groups)).toEqual(new Map(trace.metadata.groups));
      }),
      RUNS,
    );
  });

  it('is the same bit for bit and in the same order (NPZ)', () => {
    const path = scratch.path('law.npz');
    const types = STORED_TYPES.filter((t) => t !== 'bfloat16');
    fc.assert(
      fc.property(
        entriesOf(types).filter((e) => e.length > 0),
        (entries) => {
          writeNpz(
            path,
            [...mapOf(entries)].map(([name, source]) => [`gradient/${name}`, source]),
          );
          const again = openTrace(path).gradients;
          expect(bitsOf(again)).toEqual(bitsOf(mapOf(entries)));
          expect(announced(again)).toEqual(announced(mapOf(entries)));
        },
      ),
      RUNS,
    );
  });

  it('leaves equal bytes for equal traces, and no other file', () => {
    const trace = [['value/x', sourceOf(float32([2, 3], [1, 2, 3, 4, 5, 6]))]] as const;
    for (const [write, extension] of [
      [writeSafetensors, 'safetensors'],
      [writeNpz, 'npz'],
    ] as const) {
      const [a, b] = [scratch.path(`same-a.${extension}`), scratch.path(`same-b.${extension}`)];
      write(a, trace);
      write(b, trace);
      expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    }
    expect(readdirSync(scratch.path('.')).filter((f) => f.includes('partial'))).toEqual([]);
  });

  it('may be written over the file that it is read from', () => {
    const path = scratch.path('over.safetensors');
    const tensor = fromNumbers('bfloat16', [3], [1, -2, 0.5]);
    writeSafetensors(path, [['value/x', sourceOf(tensor)]]);
    writeTrace(path, openTrace(path));
    expect(bits(openTrace(path).values.get('x')?.read() as Tensor)).toEqual(bits(tensor));
  });
});

describe('the names of a trace', () => {
  it('are sorted by prefix, and a plain name is a value', () => {
    const trace = writeNames([
      'value/a',
      'gradient/a',
      'update/w',
      'state/w/exp_avg',
      '/net/b',
      'gradients/c',
      'value',
    ]);
    expect([...trace.values.keys()]).toEqual(['a', '/net/b', 'gradients/c', 'value']);
    expect([...trace.gradients.keys()]).toEqual(['a']);
    expect([...trace.updates.keys()]).toEqual(['w']);
    expect([...trace.states.keys()]).toEqual(['w/exp_avg']);
  });

  it('may not mean the same tensor twice, nor nothing', () => {
    expect(() => writeNames(['value/a', 'a'])).toThrow(/^E_FORMAT.*"a" and "value\/a" are the same tensor/);
    expect(() => writeNames(['gradient/'])).toThrow(/^E_FORMAT.*"gradient\/": has no name after its prefix/);
    expect(() => writeNames(['value/a', 'value/a'])).toThrow(/^E_FORMAT.*is given twice/);
  });

  it('come without prefix from an inputs file, and without gradients from a trace', () => {
    const path = scratch.path('inputs.safetensors');
    writeSafetensors(path, [
      ['input', sourceOf(float32([1], [2]))],
      ['value/target', sourceOf(int64([1], [3]))],
      ['gradient/input', sourceOf(float32([1], [4]))],
    ]);
    expect([...readTensors(path).keys()]).toEqual(['input', 'target']);
  });
});

describe('what cannot be written', () => {
  it('is refused before anything is written, by name', () => {
    const strings = { dtype: 'string', shape: [1], data: ['x'] } as const;
    const path = scratch.path('never.npz');
    const half = sourceOf(fromNumbers('bfloat16', [1], [1]));
    expect(() => writeNpz(path, [['w', sourceOf(strings)]])).toThrow(/^E_UNSUPPORTED.*"w": a trace holds no strings/);
    expect(() => writeNpz(path, [['w', half]])).toThrow(/^E_UNSUPPORTED.*"w": numpy has no bfloat16/);
    expect(() => openTrace(path)).toThrow(/^E_FILE.*there is no such file/);
  });

  it('is a source that does not give what it announced; nothing is left behind', () => {
    const path = scratch.path('liar.safetensors');
    const liar: TensorSource = { dtype: 'float32', shape: [3], read: () => float32([2], [1, 2]) };
    expect(() => writeSafetensors(path, [['x', liar]])).toThrow(/^E_SHAPE.*announced float32 \[3\], 12 bytes, gave/);
    expect(readdirSync(scratch.path('.')).filter((f) => f.startsWith('liar'))).toEqual([]);
  });

  it('is axes in NPZ, which has no metadata', () => {
    const path = scratch.path('axes.safetensors');
    writeSafetensors(path, [['x', sourceOf(float32([1, 1], [2]))]], { axes: '{"x":"CN"}' });
    expect(openTrace(path).metadata.axes.get('x')).toBe('CN');
    expect(() => writeTrace(scratch.path('axes.npz'), openTrace(path))).toThrow(/^E_UNSUPPORTED.*axes or iteration/);
  });

  it('is a file in a folder that does not exist', () => {
    expect(() => writeSafetensors(scratch.path('no/such/x.safetensors'), [])).toThrow(/^E_FILE.*no such file/);
  });
});

function writeNames(names: readonly string[]): Trace {
  const path = scratch.path('names.safetensors');
  writeSafetensors(
    path,
    names.map((name) => [name, sourceOf(int64([], [7]))]),
  );
  return openTrace(path);
}
