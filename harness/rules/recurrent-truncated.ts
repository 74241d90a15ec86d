import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { unrolled } from './_unroll.ts';

/** Pieces of more steps than this are not tried. */
const MOST_PIECES = 17;

/** Backpropagation through time that stops at the states, or keeps one step of several. */
export const recurrentTruncated: Rule = {
  id: 'recurrent-truncated',
  ops: ['LSTM', 'GRU', 'RNN'],
  *backward(context): Iterable<BackwardHypothesis> {
    const steps = unrolled(context);
    if (steps === null || steps.steps < 2) return;
    const { node, slot, cotangents } = context;
    const through = 'Carry the gradient of the state from each step to the step before it.';
    const states = steps.cell ? 'hidden and cell state' : 'hidden state';
    const last = steps.steps - 1;
    const all = { hidden: true, cell: true };
    yield* told(
      'recurrent.truncated',
      `no gradient goes back through the ${states} of ${node.name}: each step is by itself`,
      through,
      steps.back({ hidden: false, cell: false }),
    );
    if (steps.cell) {
      const only = (what: string): string => `no gradient goes back through the ${what} of ${node.name}`;
      yield* told('recurrent.truncated', only('hidden state'), through, steps.back({ hidden: false, cell: true }));
      yield* told('recurrent.truncated', only('cell state'), through, steps.back({ hidden: true, cell: false }));
    }
    // In pieces of k steps, counted from the first or from the last; a piece of one step is the case above.
    for (let k = 2; k < Math.min(steps.steps, MOST_PIECES); k++) {
      for (const [from, ends] of [
        ['first', (i: number): boolean => i % k !== 0],
        ['last', (i: number): boolean => (steps.steps - i) % k !== 0],
      ] as const) {
        if (from === 'last' && steps.steps % k === 0) continue;
        yield* told(
          'recurrent.truncated',
          `the gradient of the ${states} of ${node.name} goes back ${k} steps and no further: it is cut every ${k} steps, counted from the ${from}`,
          'Carry the gradient of the state over all steps, or cut at the same places on both sides.',
          steps.back({ ...all, carried: ends }),
        );
      }
    }
    if (steps.turns) {
      yield* told(
        'gradient.weight-not-transposed',
        `the gradient of the state of ${node.name} comes by each gate's recurrence R, and should come by its transpose`,
        'Send Rᵀ · d back to the state before: R is transposed on the way back.',
        steps.back({ ...all, turned: true }),
      );
    }
    if (cotangents[0] !== undefined) {
      yield* told(
        'recurrent.truncated',
        `only the gradient of the last step's output enters ${node.name}`,
        "Add the gradient of every step's output.",
        steps.back({ ...all, seeded: (i) => i === last }),
      );
    }
    if (slot === 0 || slot > 4) return;
    for (const [what, kept] of [
      ['first', 0],
      ['last', last],
    ] as const) {
      yield* told(
        'gradient.overwritten',
        `${node.inputs[slot]} is used at every step of ${node.name}, and only what the ${what} step sends back is kept`,
        'Add what every step sends back (+=), starting from zero.',
        steps.back({ ...all, counted: (i) => i === kept }),
      );
    }
  },
};

const told = (cause: string, claim: string, fix: string, part: Float64Array | null): readonly BackwardHypothesis[] =>
  part === null ? [] : [sent(cause, claim, fix, part)];
