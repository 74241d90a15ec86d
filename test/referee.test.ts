/** Subject and framework disagree, or the framework is wrong itself: every format says in words who is nearer the oracle. */
import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../adapters/onnx/index.ts';
import { check } from '../harness/check.ts';
import { fromNumbers, toNumbers } from '../harness/tensor.ts';
import type { Reference } from '../harness/types/adapter.ts';
import type { Report } from '../harness/types/report.ts';
import { formats } from '../reports/index.ts';
import { type Bench, benchOf, changed, checked, faults, random, rowOf, subjectOf } from './support/bench.ts';

const INPUTS = { x: random([5, 7], 1) };

function network() {
  const b = new GraphBuilder('two', 17);
  b.input('x', 'float32', [5, 7]);
  b.initializer('w1', random([7, 11], 2));
  b.initializer('w2', random([11, 3], 3));
  b.node('MatMul', ['x', 'w1'], {}, { name: 'first', outputNames: ['h'] });
  b.node('MatMul', ['h', 'w2'], {}, { name: 'second', outputNames: ['y'] });
  b.output('y', 'float32', [5, 3]);
  return b.graph();
}

/** A framework that gets one tensor wrong. */
function wrongAt(reference: Reference, name: string, factor: number): Reference {
  return {
    ...reference,
    async *replay(request) {
      for await (const answer of reference.replay(request)) {
        const { dtype, shape } = answer.tensor;
        const spoiled = toNumbers(answer.tensor).map((x) => factor * x);
        yield answer.name === name ? { ...answer, tensor: fromNumbers(dtype, shape, spoiled) } : answer;
      }
    },
  };
}

/** Lines are broken at other places in each format. */
const plain = (text: string): string => text.replace(/\s+/g, ' ');

/** How each format shows a report. */
const shown = (report: Report) => formats.map(({ id, render }) => [id, plain(render(report))] as const);

describe('the referee', () => {
  it('says of a wrong layer that the oracle is nearer the framework, in every format', async () => {
    const bench = await benchOf(network(), INPUTS);
    const report = await checked(
      bench,
      changed(bench.trace, 'forward', 'y', (y) => y.map((v) => 1.5 * v)),
    );
    expect(faults(report)).toEqual(['forward y']);
    expect(rowOf(report, 'forward', 'y').allowed?.because).toMatch(
      /the referee: the float64 oracle is nearer the framework \(rms [\d.e-]+\) than the subject \(rms [\d.]+\)/,
    );
    for (const [id, text] of shown(report))
      expect([id, text.includes('the float64 oracle is nearer the framework')]).toEqual([id, true]);
  });

  it('says of a right layer on which the framework is wrong that the reference is suspect, in every format', async () => {
    const bench: Bench = await benchOf(network(), INPUTS);
    const report = await check(subjectOf(bench.trace), wrongAt(bench.reference, 'h', 1.5), {});
    expect(report.outcome).toBe('match');
    expect(report.notes.join('\n')).toMatch(
      /The reference is suspect at h \(forward\): the framework is [\d.e+]+ noise floors away from the float64 oracle/,
    );
    for (const [id, text] of shown(report))
      expect([id, text.includes('The reference is suspect at h')]).toEqual([id, true]);
  });

  it('says so too where both are wrong, each in its own way, and who is less', async () => {
    const bench = await benchOf(network(), INPUTS);
    const trace = changed(bench.trace, 'forward', 'y', (y) => y.map((v) => 1.1 * v));
    const report = await check(subjectOf(trace), wrongAt(bench.reference, 'y', 1.5), {});
    expect(faults(report)).toEqual(['forward y']);
    expect(rowOf(report, 'forward', 'y').allowed?.because).toMatch(
      /nearer the subject \(rms [\d.]+\) than the framework/,
    );
    expect(report.notes.join('\n')).toContain('The reference is suspect at y');
  });
});
