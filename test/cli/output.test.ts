import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatsOf, outputNames } from '../../cli/output.ts';
import { rerunCommand } from '../../cli/rerun.ts';
import { checkConfig } from '../../cli/config.ts';

describe('names of report files', () => {
  it('are the subject’s, with its folder where two would collide', () => {
    expect(outputNames(['runs/a.npz', 'b.safetensors'])).toEqual(['a', 'b']);
    expect(outputNames(['one/t.npz', 'two/t.npz'])).toEqual(['one-t', 'two-t']);
    expect(outputNames(['one/t.npz', 'one/t.safetensors', 'x/one/t.npz'])).toEqual(['one-t', 'one-t-2', 'one-t-3']);
  });

  it('are never the same twice', () => {
    const part = fc.constantFrom('a', 'b', 'a-b', 'a-b-2', 'b-a');
    const path = fc
      .tuple(part, part, fc.constantFrom('.npz', '.safetensors', '.ts'))
      .map(([folder, file, end]) => `${folder}/${file}${end}`);
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 12 }), (paths) => {
        expect(new Set(outputNames(paths)).size).toBe(paths.length);
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe('formats', () => {
  it('are the known ones, or an error that says which is meant', () => {
    expect(formatsOf(['html', 'json']).map(({ id }) => id)).toEqual(['html', 'json']);
    expect(() => formatsOf(['junt'])).toThrow(/E_OPTION {2}--report junt: .*Did you mean "junit"\?/);
  });
});

describe('the command that gives a report again', () => {
  it('quotes what a shell would take apart', () => {
    expect(rerunCommand("it's here.npz", { reference: 'm.onnx', seed: ['a', 'b c'], once: true, json: false })).toBe(
      "layerdiff check 'it'\\''s here.npz' --reference m.onnx --seed a 'b c' --once",
    );
  });
});

describe('a configuration', () => {
  it('holds only what is known, of the right kind', () => {
    expect(checkConfig({ subject: 'a.npz', seeds: ['y'], twice: false }, 'c')).toEqual({
      subject: 'a.npz',
      seeds: ['y'],
      twice: false,
    });
    expect(() => checkConfig({ refrence: 'm' }, 'c')).toThrow(/Did you mean "reference"\?/);
    expect(() => checkConfig({ seeds: 'y' }, 'c')).toThrow(/wrong type/);
    expect(() => checkConfig([], 'c')).toThrow(/does not export an object/);
  });
});
