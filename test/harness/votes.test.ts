import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadModel } from '../../adapters/onnx/index.ts';
import { onnxModelSubject, referenceOf } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import { sourceOf } from '../../harness/tensor.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { Attribute, Graph } from '../../harness/types/graph.ts';
import type { Report } from '../../harness/types/report.ts';
import { checkAll } from '../../harness/votes.ts';
import { inputsFor } from '../../harness/votes/inputs.ts';

const golden = resolve(import.meta.dirname, '../data/goldens/lenet-digits');
const inputs = readTensors(join(golden, 'inputs.safetensors'));
const { graph } = loadModel(join(golden, 'model.onnx'));
const opened: Reference[] = [];
afterAll(async () => {
  for (const reference of opened) await reference.release();
});

/** ONNX Runtime on a graph, which says of itself that it is another. */
async function running(runs: Graph, name: string, says: Graph = runs): Promise<Reference> {
  const reference = await referenceOf({ graph: runs, irVersion: 8, producer: '' }, name);
  opened.push(reference);
  return { ...reference, graph: says };
}

const changed = (layer: string, attributes: Readonly<Record<string, Attribute>>): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) =>
    node.name.includes(layer) ? { ...node, attributes: { ...node.attributes, ...attributes } } : node,
  ),
});

/** A convolution that shifts its input: as a network of its own, or what a faulty framework makes of the right one. */
const shifted = changed('conv2', { pads: { kind: 'ints', value: [2, 2, 0, 0] } });

/** The same network, every computed tensor under another name. */
function renamed(): Graph {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const other = (name: string): string => (made.has(name) ? `other/${name}` : name);
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(other),
    outputs: node.outputs.map(other),
  }));
  return { ...graph, nodes, outputs: graph.outputs.map((output) => ({ ...output, name: other(output.name) })) };
}

async function voted(subject: Graph, ...references: Reference[]): Promise<Report> {
  const checked = onnxModelSubject(subject, { name: 'subject' });
  try {
    return await checkAll(checked, references, { inputs });
  } finally {
    await checked.release();
  }
}

const sidesOf = (report: Report) =>
  report.votes?.disputes.map(({ tensor, direction, sides }) => [tensor, direction, sides]);
const confirmed = (report: Report) => report.votes?.references.map((vote) => [vote.reference.name, vote.confirmed]);
const CONV2 = '/net/conv2/Conv_output_0';

describe('two references', () => {
  it('that agree both confirm the verdict', async () => {
    const report = await voted(graph, await running(graph, 'a'), await running(graph, 'b'));
    expect([report.outcome, report.votes?.disputes]).toEqual(['match', []]);
    expect(confirmed(report)).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  it('may have different names for the same tensors', async () => {
    const report = await voted(graph, await running(graph, 'a'), await running(renamed(), 'b'));
    expect([report.outcome, report.votes?.disputes]).toEqual(['match', []]);
    expect(report.votes?.references.map(({ outcome }) => outcome)).toEqual(['match', 'match']);
  });

  it('of which the second is a faulty framework: the oracle sides with the first, tensor by tensor', async () => {
    const report = await voted(graph, await running(graph, 'a'), await running(shifted, 'b', graph));
    expect(report.outcome).toBe('match');
    expect(confirmed(report)).toEqual([
      ['a', true],
      ['b', false],
    ]);
    expect(sidesOf(report)).toContainEqual([CONV2, 'forward', 'a']);
    expect(sidesOf(report)?.every(([, , sides]) => sides === 'a')).toBe(true);
    expect(report.notes[0]).toMatch(/^References disagree on \S+ \(forward\), a and b: the oracle sides with a/);
  });

  it('of which the first is a faulty framework: the report is of the second', async () => {
    const report = await voted(graph, await running(shifted, 'a', graph), await running(graph, 'b'));
    expect([report.outcome, report.reference.name]).toEqual(['match', 'b']);
    expect(sidesOf(report)).toContainEqual([CONV2, 'forward', 'b']);
    expect(confirmed(report)).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  it('do not hide a bug of the subject, whichever of them is faulty', async () => {
    const buggy = changed('conv1', { pads: { kind: 'ints', value: [2, 2, 0, 0] } });
    for (const [a, b] of [
      [graph, shifted],
      [shifted, graph],
    ] as const) {
      const report = await voted(buggy, await running(a, 'a', graph), await running(b, 'b', graph));
      expect(report.outcome).toBe('mismatch');
      expect(report.forward.faulty.map(({ layer, cause }) => [layer, cause?.id])).toEqual([
        ['/net/conv1/Conv', 'conv.padding'],
      ]);
    }
  });

  it('that are not the same network prove nothing where they differ', async () => {
    const report = await voted(graph, await running(graph, 'a'), await running(shifted, 'b'));
    expect(report.outcome).toBe('inconclusive');
    expect(report.notes[0]).toMatch(/divided \(match against a, mismatch against b\)/);
    expect(report.votes?.disputes.map(({ sides }) => sides)).toContain(null);
    expect(report.votes?.disputes[0]?.because).toMatch(/not the same network/);
  });

  it('of which one cannot be asked leave the verdict to the other, and say so', async () => {
    const broken: Reference = {
      ...(await running(graph, 'b')),
      describe: () => Promise.reject(new LayerdiffError('E_REFERENCE', 'b', 'it is broken', 'Mend it.')),
    };
    const report = await voted(graph, await running(graph, 'a'), broken);
    expect(report.outcome).toBe('match');
    expect(report.notes.filter((note) => /b has no vote: E_REFERENCE/.test(note))).toHaveLength(1);
    expect(report.votes?.references.map(({ outcome }) => outcome)).toEqual(['match', 'inconclusive']);
  });

  it('of the same name are told apart', async () => {
    const report = await voted(graph, await running(graph, 'm'), await running(shifted, 'm', graph));
    expect(report.votes?.disputes[0]?.between).toEqual([
      'm (onnxruntime, reference 1)',
      'm (onnxruntime, reference 2)',
    ]);
  });
});

describe('inputs under the names of another reference', () => {
  const source = (dtype: 'float32' | 'int64', shape: readonly number[]) =>
    sourceOf({ dtype, shape, data: dtype === 'int64' ? new BigInt64Array(4) : new Float32Array(4) });
  const wants = (...inputs: Graph['inputs']): Graph => ({ ...graph, inputs });

  it('are taken by name, then by type and shape', () => {
    const given = new Map([
      ['x', source('float32', [2, 2])],
      ['t', source('int64', [4])],
    ]);
    const other = wants(
      { name: 'image', dtype: 'float32', shape: ['N', 2] },
      { name: 't', dtype: 'int64', shape: [4] },
    );
    expect([...inputsFor(other, given)].map(([name, { dtype }]) => [name, dtype])).toEqual([
      ['t', 'int64'],
      ['image', 'float32'],
    ]);
  });

  it('are left out where two would fit', () => {
    const given = new Map([
      ['x', source('float32', [4])],
      ['y', source('float32', [4])],
    ]);
    expect(inputsFor(wants({ name: 'z', dtype: 'float32', shape: [4] }), given).size).toBe(0);
  });
});
