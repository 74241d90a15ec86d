import type { CauseFamily } from './_cause.ts';

/** Linear layers, and the flattening before them. */
export const linear: CauseFamily = {
  title: 'Linear layers',
  causes: [
    {
      id: 'bias.missing',
      where: 'linear, conv',
      what: 'bias not added',
      symptom: 'The error is the same for each example: one number per output channel.',
      proof:
        "The difference is minus the bias, laid along the channels; without it the layer gives the subject's numbers.",
      fix: 'Add the bias.',
    },
    {
      id: 'bias.doubled',
      where: 'linear, conv',
      what: 'bias added twice',
      symptom: 'The error is the same for each example: one number per output channel.',
      proof: 'The difference is plus the bias, laid along the channels.',
      fix: 'Add the bias once. It is often folded into the weights as well, or added by both the kernel and its caller.',
    },
    {
      id: 'bias.axis',
      where: 'linear, conv',
      what: 'bias broadcast along the wrong axis',
      symptom:
        'The error depends on the row or the column, not on the channel. With as many rows as channels nothing crashes.',
      proof: "The bias laid along another axis of the output gives the subject's numbers.",
      fix: 'Index the bias by the output channel. Test with a batch that differs from the number of channels.',
    },
    {
      id: 'weight.transposed',
      where: 'linear, conv',
      what: 'weight used transposed',
      symptom: "The output is uncorrelated with the reference's. Only a square weight can do this without a crash.",
      proof: "The layer with its weight's axes exchanged gives the subject's numbers.",
      fix: 'Read the weight as [out, in], or transpose it when it is loaded; test with sizes that differ.',
    },
    {
      id: 'linear.tail-dropped',
      where: 'linear',
      what: 'the last terms of the inner sum are left out',
      symptom: 'Small errors of rank one or so, in each element.',
      proof:
        "The sum without its last terms (one, or the remainder of a vector's width of 4, 8, 16 …) gives the subject's numbers.",
      fix: 'Let the loop reach the last element: < for < n − 1, and a loop of its own for the remainder.',
    },
    {
      id: 'flatten.order',
      where: 'reshape',
      what: 'flattened in another axis order',
      symptom: 'The layer before is right, the first dense layer behind the convolutions is not.',
      proof: "The tensor flattened with its axes in another order (channels last) is the subject's.",
      fix: "Transpose to the reference's layout before flattening, or permute the columns of the dense layer's weight.",
      seenIn: ['microsoft/MMdnn#250', 'Xilinx/finn#326'],
    },
  ],
};
