import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The way back takes each probability for a function of its own score only. */
export const softmaxDiagonal: readonly Mutant[] = inLayers(
  { id: 'softmax-diagonal', cause: 'gradient.softmax-diagonal', wrong: 'input' },
  { rotary: 'probabilities' },
  (network, layer) =>
    withInputGradient(network, layer, (right, { output: { data: p }, gradient }) =>
      right.map((_, at) => gradient[at]! * p[at]! * (1 - p[at]!)),
    ),
);
