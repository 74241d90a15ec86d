import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { check } from '../../../harness/check.ts';
import { mayDraw } from '../../../harness/run/steady.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import { benchOf, random, rowOf, subjectOf } from '../../support/bench.ts';

const INPUTS = { x: random([5, 7], 1) };

/** x → Dropout → h → Tanh → y, and the mask; in training where `ratio` is given. */
function dropout(training: boolean): Graph {
  const b = new GraphBuilder('g', 17);
  const x = b.input('x', 'float32', [5, 7]);
  const ratio = b.initializer('ratio', fromNumbers('float32', [], [0.5]));
  const mode = b.initializer('training', fromNumbers('bool', [], [1]));
  const inputs = training ? [x, ratio, mode] : [x, ratio];
  const h = b.node('Dropout', inputs, {}, { name: 'dropout', outputNames: ['h'] });
  b.output(b.node('Tanh', [h], {}, { name: 'tanh', outputNames: ['y'] }), 'float32', [5, 7]);
  return b.graph();
}

describe('a reference that draws at random', () => {
  it('is run twice: what it does not give twice alike is not compared, everything else is', async () => {
    const bench = await benchOf(dropout(true), INPUTS);
    const report = await check(subjectOf(bench.trace), bench.reference, { inputs: bench.inputs });
    expect(report.outcome).toBe('inconclusive');
    expect(rowOf(report, 'forward', 'h')).toMatchObject({
      verdict: 'incomparable',
      band: null,
      local: null,
      allowed: null,
      reason: 'two identical runs of the reference differ here: it draws at random',
    });
    expect(rowOf(report, 'forward', 'y').verdict).toBe('match');
    expect(report.notes.join('\n')).toContain(
      'The reference is not deterministic: two identical runs differ at h (forward). Export the model in evaluation mode',
    );
  });

  it('is taken at its word where it is to be run once', async () => {
    const bench = await benchOf(dropout(true), INPUTS);
    const report = await check(subjectOf(bench.trace), bench.reference, { inputs: bench.inputs, twice: false });
    expect(rowOf(report, 'forward', 'h').verdict).toBe('mismatch');
    expect(report.notes.join('\n')).not.toContain('not deterministic');
  });

  it('is not suspected where nothing of it does', async () => {
    const bench = await benchOf(dropout(false), INPUTS);
    let replays = 0;
    const counted = {
      ...bench.reference,
      replay: (request: Parameters<typeof bench.reference.replay>[0]) => {
        replays++;
        return bench.reference.replay(request);
      },
    };
    const report = await check(subjectOf(bench.trace), counted, { inputs: bench.inputs });
    expect([report.outcome, replays]).toEqual(['match', 2]); // chained and local
  });

  it('has an operator that draws, a Dropout in training, one of a domain of its own, or a body with one of these', () => {
    const draws = (op: string, domain = '') => {
      const b = new GraphBuilder('g', 17);
      const x = b.input('x', 'float32', [5]);
      b.output(b.node('Identity', [x], {}), 'float32', [5]);
      const graph = b.graph();
      const [node] = graph.nodes;
      return { ...graph, nodes: [{ ...node!, op, domain }] };
    };
    const random = [
      'RandomNormal',
      'RandomNormalLike',
      'RandomUniform',
      'RandomUniformLike',
      'Multinomial',
      'Bernoulli',
    ];
    expect(random.map((op) => mayDraw(draws(op)))).toEqual(random.map(() => true));
    expect(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'my.own'].map((d) => mayDraw(draws('Relu', d)))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect([mayDraw(dropout(true)), mayDraw(dropout(false))]).toEqual([true, false]);
    const outer = draws('If');
    const body = (value: Graph): Graph => ({
      ...outer,
      nodes: [
        {
          ...outer.nodes[0]!,
          attributes: { axes: { kind: 'ints', value: [1] }, then_branch: { kind: 'graph', value } },
        },
      ],
    });
    expect([mayDraw(body(draws('Bernoulli'))), mayDraw(body(draws('Relu')))]).toEqual([true, false]);
  });
});
