import type { CauseFamily } from './_cause.ts';

/** What both sides must be given alike. */
export const given: CauseFamily = {
  title: 'Parameters and inputs',
  causes: [
    {
      id: 'parameter.differs',
      where: 'parameters',
      what: 'the two sides do not hold the same parameter',
      symptom: 'Everything is wrong from the first layer that uses the parameter; nothing else was compared.',
      proof: "Both sides' parameters are compared before anything runs: this one is not the same.",
      fix: 'Load the same weights on both sides; for a copy, prove it by reading it back.',
    },
    {
      id: 'parameter.layout',
      where: 'parameters',
      what: 'same numbers in another layout (OIHW/HWIO, transposed, gate blocks)',
      symptom: "A layer's output is uncorrelated with the reference's, although its weight holds the same numbers.",
      proof:
        "The parameter read in another layout (OIHW as HWIO, transposed, blocks in another order) gives the subject's output.",
      fix: 'Convert the weight to the layout that this layer reads, once, when it is loaded.',
      seenIn: ['keras-team/keras#8720'],
    },
    {
      id: 'input.scale',
      where: 'inputs',
      what: 'input scaled or shifted otherwise (/255, mean and deviation)',
      symptom: 'The first layer is already wrong; biases matter too much or too little.',
      proof:
        'The first layer is recomputed with its input scaled and shifted (solved from its output where that was recorded, the usual 1/255, 1/127.5 − 1, mean and deviation elsewhere).',
      fix: "Normalise the input as the reference's preprocessing does, and only once.",
    },
    {
      id: 'input.channel-order',
      where: 'inputs',
      what: 'RGB and BGR swapped',
      symptom: 'Images of grey are right, coloured ones are not; the first convolution is wrong, all others right.',
      proof: "The first layer with its input's channels exchanged gives the subject's output.",
      fix: "Reorder the channels (RGB or BGR) when the image is read, or permute the first kernel's input channels.",
    },
  ],
};
