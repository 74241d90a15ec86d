import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { int } from '../../adapters/onnx/rule.ts';
import { float32, fromNumbers, int64, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { benchOf, changed, checked, faults, random, rowOf, without } from '../support/bench.ts';

/** i − 1 → k; table[k] → e; e·w → y; mean(y·y) → loss. */
function embedding() {
  const b = new GraphBuilder('embedding', 17);
  const k = b.node(
    'Sub',
    [b.input('i', 'int64', [5]), b.initializer('one', int64([], [1]))],
    {},
    { name: 'shift', outputNames: ['k'] },
  );
  const e = b.node(
    'Gather',
    [b.initializer('table', random([11, 3], 1)), k],
    {},
    { name: 'look-up', outputNames: ['e'] },
  );
  const y = b.node('MatMul', [e, b.initializer('w', random([3, 7], 2))], {}, { name: 'fc', outputNames: ['y'] });
  const q = b.node('Mul', [y, y], {}, { name: 'square', outputNames: ['q'] });
  b.output(b.node('ReduceMean', [q], { keepdims: int(0) }, { name: 'mean', outputNames: ['loss'] }), 'float32', []);
  return b.graph();
}
const INPUTS = { i: int64([5], [1, 3, 11, 7, 2]) };
const bench = () => benchOf(embedding(), INPUTS);
const with1 = (
  trace: Trace,
  name: string,
  tensor: Parameters<typeof sourceOf>[0],
  way: 'values' | 'gradients' = 'values',
): Trace => ({ ...trace, [way]: new Map([...trace[way], [name, sourceOf(tensor)]]) });

describe('integers', () => {
  it('must be equal, whatever integer type they were recorded in', async () => {
    const b = await bench();
    expect((await checked(b, with1(b.trace, 'k', fromNumbers('int32', [5], [0, 2, 10, 6, 1])))).outcome).toBe('match');
    expect(faults(await checked(b, with1(b.trace, 'k', int64([5], [0, 2, 10, 6, 2]))))[0]).toBe('forward k');
  });

  it('that the reference cannot run on are found wrong all the same', async () => {
    const b = await bench();
    const report = await checked(b, with1(b.trace, 'k', int64([5], [0, 2, 10, 6, 400])));
    expect(faults(report)).toContain('forward k');
    expect(report.notes.join()).toContain('cannot run on the integers that were recorded (k)');
    expect(rowOf(report, 'forward', 'y').verdict).toBe('match');
  });
});

describe('one number', () => {
  it('is one number in whatever shape', async () => {
    const b = await bench();
    const loss = toNumbers(b.trace.values.get('loss')!.read());
    const shaped = with1(with1(b.trace, 'loss', float32([1], loss)), 'loss', float32([1, 1], [1]), 'gradients');
    expect((await checked(b, shaped)).outcome).toBe('match');
    expect(
      faults(
        await checked(
          b,
          with1(
            shaped,
            'loss',
            float32(
              [1],
              loss.map((v) => v * 1.001),
            ),
          ),
        ),
      ),
    ).toEqual(['forward loss']);
  });
});

describe('what was not proven', () => {
  it('is said of gradients without a start: they are no match', async () => {
    const builder = new GraphBuilder('no loss', 17);
    builder.output(
      builder.node(
        'MatMul',
        [builder.input('x', 'float32', [3, 5]), builder.initializer('w', random([5, 7], 3))],
        {},
        { outputNames: ['y'] },
      ),
    );
    const b = await benchOf(builder.graph(), { x: random([3, 5], 4) });
    const report = await checked(b, with1(b.trace, 'w', random([5, 7], 5), 'gradients'));
    expect(report.outcome).toBe('inconclusive');
    expect(rowOf(report, 'backward', 'w')).toMatchObject({
      verdict: 'incomparable',
      reason: expect.stringContaining('no start'),
    });
  });

  it('is said of outputs, parameters and parameters’ gradients that were not recorded', async () => {
    const b = await bench();
    const lacking = without(without(b.trace, ['loss', 'q', 'w'], ['forward']), ['table'], ['backward']);
    const report = await checked(b, lacking);
    const notes = report.notes.join('\n');
    expect(report.outcome).toBe('match');
    expect(notes).toContain('The output loss of the network is not recorded');
    expect(notes).toContain('lacks 1 of the parameters (w)');
    expect(notes).toContain('The gradients of 1 parameters are not recorded (table)');
  });

  it('is nothing where all was recorded', async () => {
    expect((await checked(await bench())).notes).toEqual([]);
  });
});

describe('a later iteration', () => {
  it('is judged on the parameters that training has moved', async () => {
    const right = await bench();
    const graph = embedding();
    const w = float32(
      [3, 7],
      toNumbers(random([3, 7], 2)).map((v) => v + 0.1),
    );
    const trained = { ...graph, initializers: new Map([...graph.initializers, ['w', sourceOf(w)]]) };
    const { trace } = await benchOf(trained, INPUTS);
    const later = { ...trace, metadata: { ...trace.metadata, iteration: 3 } };
    expect((await checked(right, later)).outcome).toBe('match');
    expect(faults(await checked(right, trace))).toEqual(['forward w']);
    expect(
      faults(
        await checked(
          right,
          changed(later, 'backward', 'w', (d) => d.map((v) => 2 * v)),
        ),
      ),
    ).toEqual(['backward w']);
  });
});

describe('seeds', () => {
  it('are given, not judged; what is not on their way is not judged either', async () => {
    const b = await bench();
    const report = await checked(b, b.trace, { seeds: ['y'] });
    const judged = report.tensors.filter((row) => row.direction === 'backward').map((row) => row.tensor);
    expect(report.outcome).toBe('match');
    expect(judged).toEqual(expect.arrayContaining(['e', 'w', 'table']));
    expect(judged).not.toContain('y');
    expect(judged).not.toContain('loss');
  });

  it('must be there, and recorded', async () => {
    const b = await bench();
    await expect(checked(b, b.trace, { seeds: ['yy'] })).rejects.toMatchObject({ code: 'E_OPTION' });
    await expect(checked(b, without(b.trace, ['y'], ['backward']), { seeds: ['y'] })).rejects.toThrow(
      /recorded no gradient of it/,
    );
  });
});

describe('mappings', () => {
  it('that the subject does not use are told, and refused where none is', async () => {
    const b = await bench();
    const renamed = {
      ...b.trace,
      values: new Map([...b.trace.values].map(([n, s]) => [n === 'y' ? 'mine' : n, s])),
      gradients: new Map(),
    };
    const map = (entries: Record<string, string>) => ({ map: new Map(Object.entries(entries)) });
    const report = await checked(b, renamed, map({ mine: 'y', gone: 'q' }));
    expect(report.notes[0]).toContain('recorded no "gone"');
    expect(rowOf(report, 'forward', 'y').subjectName).toBe('mine');
    await expect(checked(b, renamed, map({ mien: 'y' }))).rejects.toThrow(/Did you mean "mine"\?/);
  });
});
