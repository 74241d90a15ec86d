import { describe, expect, it } from '@jest/globals';
import { wire } from '../../../harness/graph.ts';
import { locate, siteOf } from '../../../harness/stages/6-locate.ts';
import type { TensorReport } from '../../../harness/types/report.ts';

type Row = readonly [tensor: string, verdict?: TensorReport['verdict'], direction?: TensorReport['direction']];

const row = ([tensor, verdict = 'mismatch', direction = 'forward']: Row): TensorReport =>
  ({ tensor, direction, verdict, layer: `of ${tensor}`, op: 'Op' }) as TensorReport;

/**
 * x, unread → LSTM → y (read twice), h, c (read by nothing), o (an output of the network): y → left → l, and y → right → r; l and r → join → s.
 * x → Split → p and q, each read by join.
 */
function wiring() {
  const node = (name: string, inputs: string[], outputs: string[]) =>
    ({ name, op: name, domain: '', inputs, outputs, attributes: {} }) as const;
  const info = (name: string) => ({ name, dtype: 'float32', shape: [3] }) as const;
  return wire({
    name: 'g',
    nodes: [
      node('lstm', ['x', 'w', 'b', ''], ['y', 'h', '', 'c', 'o']),
      node('split', ['x'], ['p', 'q']),
      node('left', ['y'], ['l', '']),
      node('right', ['y'], ['r']),
      node('join', ['l', 'r', 'p', 'q'], ['s']),
    ],
    inputs: [info('x'), info('unread')],
    outputs: [info('s'), info('o')],
    initializers: new Map(),
    opset: new Map([['', 17]]),
  });
}

const faulty = (direction: TensorReport['direction'], ...rows: Row[]) =>
  locate(rows.map(row), wiring(), direction).faulty.map(({ tensor }) => tensor);
const forward = (...rows: Row[]) => faulty('forward', ...rows);

describe('faulty layers', () => {
  it('are told with what the row says of them, and no cause yet', () => {
    const found = locate([row(['s']), row(['y'])], wiring(), 'forward');
    const site = { tensor: 'y', direction: 'forward', layer: 'of y', op: 'Op', cause: null, candidates: [] };
    expect(found.firstDivergence).toEqual(site);
    expect(siteOf(row(['y']))).toEqual(site);
    expect(found.faulty).toHaveLength(2);
  });

  it('of one rank keep the order of the rows', () => {
    expect(forward(['q'], ['p'], ['b'], ['w'], ['x'])).toEqual(['b', 'w', 'x', 'q', 'p']);
    expect(faulty('backward', ['w', 'mismatch', 'backward'], ['b', 'mismatch', 'backward'])).toEqual(['w', 'b']);
  });
});

describe('an output that nothing reads', () => {
  it('is told with the one that is read, where that is wrong too', () => {
    expect(forward(['c'], ['h'], ['y'])).toEqual(['y']);
    expect(forward(['y'], ['h'], ['s'])).toEqual(['y', 's']);
  });

  it('is told where the one that is read is right', () => {
    expect(forward(['y', 'match'], ['h'])).toEqual(['h']);
    expect(forward(['y', 'match'], ['h'], ['c'], ['s'])).toEqual(['h', 'c', 's']);
    expect(forward(['h'], ['c'])).toEqual(['h', 'c']);
  });

  it('is told with what is made of the one that is read, where that one is not recorded', () => {
    expect(forward(['h'], ['s'])).toEqual(['s']);
    expect(forward(['h'], ['l', 'match'], ['r'])).toEqual(['r']);
    expect(forward(['h'], ['l'], ['r', 'match'])).toEqual(['l']);
    expect(forward(['h'], ['l', 'match'], ['r', 'match'], ['s'])).toEqual(['h', 's']);
    // A gradient of it says nothing of its value.
    expect(forward(['h'], ['y', 'match', 'backward'], ['s'])).toEqual(['s']);
    expect(forward(['h'], ['y', 'mismatch', 'backward'], ['s', 'match'])).toEqual(['h']);
  });

  it('is told with an output of the network, too', () => {
    expect(forward(['h'], ['o'])).toEqual(['o']);
  });

  it('goes with its own layer only', () => {
    expect(forward(['h'], ['y', 'match'], ['p'], ['s', 'match'])).toEqual(['h', 'p']);
    expect(forward(['unread'], ['y'])).toEqual(['unread', 'y']);
  });

  it('is told of its gradient', () => {
    const rows = ['y', 'h'].map((name): Row => [name, 'mismatch', 'backward']);
    expect(faulty('backward', ['y'], ['h'], ...rows)).toEqual(['h', 'y']);
  });
});

describe('outputs that are read, or are the network’s', () => {
  it('are each told', () => {
    expect(forward(['p'], ['q'])).toEqual(['p', 'q']);
    expect(forward(['y'], ['o'])).toEqual(['y', 'o']);
  });
});
