import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readMap } from '../../cli/read-map.ts';
import { mappingFile, REFERENCE_ONLY } from '../../harness/mapping.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { Alignment, Pair } from '../../harness/types/pair.ts';

const folder = mkdtempSync(join(tmpdir(), 'layerdiff-map-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pair = (tensor: string, subjectName: string, why: string, confidence: number): [string, Pair] => [
  tensor,
  { tensor, subjectName, why, confidence, value: null, gradient: null },
];
const node = (op: string, output: string) => ({
  name: output,
  op,
  domain: '',
  inputs: [],
  outputs: [output],
  attributes: {},
});
const graph: Graph = {
  name: 'g',
  nodes: [node('Constant', 'c'), node('Conv', 'conv'), node('Relu', 'act'), node('Gemm', 'fc')],
  inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
  outputs: [],
  initializers: new Map(),
  opset: new Map(),
};
const alignment: Alignment = {
  pairs: new Map([pair('act', 'h1', 'same values', 0.87654), pair('x', 'input', 'declared', 1)]),
  unpaired: ['mystery', REFERENCE_ONLY],
  notes: [],
};

const written = (content: unknown): string => {
  const path = join(folder, 'map.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
};

describe('the mapping that was found', () => {
  it('holds every pair with its way and confidence in order of execution, and what found no partner on either side', () => {
    const { mystery, input, h1 } = mappingFile({ ...alignment, unpaired: ['mystery'] }, graph);
    expect({ mystery, input, h1 }).toEqual({
      input: { theirs: 'x', way: 'declared', confidence: 1 },
      h1: { theirs: 'act', way: 'same values', confidence: 0.877 },
      mystery: null,
    });
    const file = mappingFile({ ...alignment, unpaired: ['mystery'] }, graph);
    expect(Object.keys(file)).toEqual(['input', 'h1', 'mystery', REFERENCE_ONLY]);
    expect(file[REFERENCE_ONLY]).toEqual(['conv', 'fc']);
  });

  it('is read back as it was written', () => {
    const { pairs, apart } = readMap(written(mappingFile({ ...alignment, unpaired: ['mystery'] }, graph)));
    expect([...pairs]).toEqual([
      ['input', 'x'],
      ['h1', 'act'],
    ]);
    expect([...apart]).toEqual(['mystery']);
  });

  it('is read as a person writes it', () => {
    const { pairs, apart } = readMap(written({ a: 'b', c: null, d: { theirs: 'e' } }));
    expect([[...pairs], [...apart]]).toEqual([
      [
        ['a', 'b'],
        ['d', 'e'],
      ],
      ['c'],
    ]);
  });

  it.each([[[1]], ['a'], [{ a: 1 }], [{ a: ['b'] }], [{ a: { their: 'b' } }]])(
    'is refused where it is %j',
    (content) => {
      expect(() => readMap(written(content))).toThrow(/E_OPTION/);
    },
  );
});
