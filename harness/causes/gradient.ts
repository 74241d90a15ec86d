import type { CauseFamily } from './_cause.ts';

/** The backward pass of any layer. */
export const gradients: CauseFamily = {
  title: 'The backward pass',
  causes: [
    {
      id: 'gradient.batch-factor',
      where: 'backward',
      what: 'divided by the batch size once too often or too rarely',
      symptom: 'A gradient is off by B or 1/B; if all are, the loss is at fault, if one is, its layer.',
      proof: "The right gradient times B or 1/B, with what the subject itself sent back, is the subject's.",
      fix: 'Divide by the batch once: in the loss, and in no layer.',
      seenIn: ['huggingface/transformers#34191'],
    },
    {
      id: 'gradient.weight-not-transposed',
      where: 'backward',
      what: 'input gradient uses the weight as in the forward pass',
      symptom:
        "The layer's own parameters have right gradients; what goes on to earlier layers is uncorrelated. Only a square weight can do this.",
      proof: "The gradient made with the weight as in the forward pass is the subject's.",
      fix: 'dx = dy · W where y = x · Wᵀ: use the other orientation.',
    },
    {
      id: 'gradient.transposed',
      where: 'backward',
      what: 'weight gradient transposed',
      symptom: 'The weight gradient holds the right numbers in the wrong places.',
      proof: "The right gradient with its axes exchanged is the subject's.",
      fix: "dW has W's shape: dyᵀ · x for a weight [out, in].",
    },
    {
      id: 'gradient.last-example-only',
      where: 'backward',
      what: 'no sum over the batch',
      symptom: 'The weight gradient has rank 1 where it should have more.',
      proof: "The gradient of one example of the batch alone is the subject's.",
      fix: 'Add over the batch: += and not =.',
    },
    {
      id: 'gradient.accumulated',
      where: 'backward',
      what: 'not cleared between steps',
      symptom: "Right in the first step, too large by a whole number or by the last step's gradient later.",
      proof: "The subject's numbers are a multiple of the right ones, or these plus an earlier gradient.",
      fix: 'Clear all gradients before each step.',
    },
    {
      id: 'gradient.zero',
      where: 'backward',
      what: 'never written',
      symptom: 'The parameter never learns.',
      proof: 'Every element is exactly zero, while what flows into the layer is not.',
      fix: 'Write the gradient to where the optimiser (and the recording) reads it; check that nothing detaches the tensor.',
    },
    {
      id: 'gradient.overwritten',
      where: 'backward',
      what: "a tensor used twice keeps one use's gradient only",
      symptom:
        "Right up to a tensor with several readers (a skip connection, tied weights); there one reader's share is missing.",
      proof: "The gradient without some of its uses is the subject's.",
      fix: "Add each use's gradient (+=) and clear once, before the backward pass.",
    },
    {
      id: 'gradient.fan-out',
      where: 'backward',
      what: 'parts of a concatenation or split handed back in the wrong order',
      symptom: "Parts of a concatenation (or split) have one another's gradient.",
      proof: "The slice that belongs to another part is the subject's.",
      fix: 'Hand the slices back in the order in which the parts were joined.',
    },
    {
      id: 'gradient.bias-axis',
      where: 'backward',
      what: 'bias gradient summed over the wrong axes',
      symptom: 'The bias gradient is too small, or off by H·W or B.',
      proof: "The gradient summed over other axes than all but the channel's is the subject's.",
      fix: 'Sum over the batch and every position.',
    },
    {
      id: 'gradient.clipped',
      where: 'backward',
      what: 'clipped by value or norm',
      symptom: 'Large elements all have one size, or the whole gradient is too short; the rest is right.',
      proof: "The right gradient clipped by value, or scaled to a norm, is the subject's.",
      fix: 'Compare before clipping, or clip on both sides, by the same rule and after averaging.',
    },
  ],
};
