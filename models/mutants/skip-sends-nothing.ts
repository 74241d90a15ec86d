import { inLayers, type Mutant, withInputGradient } from './_mutant.ts';

/** The sum of a block gives its gradient to the branch only: what belongs to the skip connection is lost. */
export const skipSendsNothing: readonly Mutant[] = inLayers(
  { id: 'skip-sends-nothing', cause: 'gradient.overwritten', wrong: 'second input' },
  { resnet: 'b1.add', resnetTraining: 'b1.add', mobilenet: 'b1.add', gpt: 'b1.add1', rotary: 'add1' },
  (network, layer) => withInputGradient(network, layer, (right) => right.map(() => 0), 1),
);
