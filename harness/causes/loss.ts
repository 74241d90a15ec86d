import type { CauseFamily } from './_cause.ts';

/** Losses. */
export const losses: CauseFamily = {
  title: 'Losses',
  causes: [
    {
      id: 'loss.reduction',
      where: 'loss',
      what: 'sum and mean mixed up, or mean over other axes',
      symptom: 'Loss and all gradients are off by the batch size, the number of classes or of positions.',
      proof:
        "The loss with another reduction (sum for mean, mean over other axes or over counted targets) is the subject's.",
      fix: 'Divide by the batch (and what else the model averages over), once.',
      seenIn: ['huggingface/transformers#34191', 'OpenNMT/OpenNMT-py#2209'],
    },
    {
      id: 'loss.half-factor',
      where: 'loss',
      what: '1/2 of squared error there or missing',
      symptom: 'Loss and all gradients are off by 2 or by 1/2.',
      proof: "The squared error with the other factor is the subject's.",
      fix: 'Keep ½ where the gradient is written as (y − t), leave it out where it is 2 (y − t).',
    },
    {
      id: 'loss.double-softmax',
      where: 'loss',
      what: 'softmax before a loss that takes logits',
      symptom: 'The loss is too flat and cannot fall below a floor (1.461 for ten classes).',
      proof: "The loss of softmax(logits), as if they were logits, is the subject's.",
      fix: 'Hand logits to a loss that takes logits.',
    },
    {
      id: 'loss.label-shift',
      where: 'loss',
      what: 'labels off by one',
      symptom: 'The loss is near that of a wrong class; accuracy is that of chance.',
      proof: "The loss with all labels moved by one is the subject's.",
      fix: "Count classes from 0 on both sides; shift a sequence's labels once.",
    },
    {
      id: 'loss.log-base',
      where: 'loss',
      what: 'log2 or log10 for the natural logarithm',
      symptom: 'The loss is off by 1.4427 (log2) or 0.4343 (log10).',
      proof: "The loss with another logarithm is the subject's.",
      fix: 'Use the natural logarithm.',
    },
    {
      id: 'loss.clip',
      where: 'loss',
      what: 'probabilities clipped before the logarithm',
      symptom: 'Off only for examples whose probability is nearly 0; the gradient there is 0.',
      proof: "The loss with probabilities held above one of the usual bounds is the subject's.",
      fix: 'Compute log-softmax from the logits; then nothing needs clipping.',
    },
    {
      id: 'loss.smoothing',
      where: 'loss',
      what: 'label smoothing differs',
      symptom: "The loss is too large for certain examples; the gradient's target is not one-hot.",
      proof: "The loss with one of the usual smoothing shares is the subject's.",
      fix: 'Smooth labels on both sides or on neither.',
    },
  ],
};
