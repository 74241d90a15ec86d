import type { CauseFamily } from './_cause.ts';

/** Batch, layer, group and instance norm. */
export const norm: CauseFamily = {
  title: 'Norms',
  causes: [
    {
      id: 'norm.epsilon',
      where: 'norm',
      what: 'another epsilon; the report says which',
      symptom: 'Each channel (or row) is off by a factor of its own near 1, the more the smaller its variance is.',
      proof:
        "ε is solved from how each group is scaled; all groups agree on one number, and with it the layer gives the subject's.",
      fix: "Set ε to the model's. Defaults: PyTorch 1e-5, Keras 1e-3, and 1e-6 or 1e-12 in many transformers.",
      seenIn: ['gzuidhof/nn-transfer#3', 'ceccocats/tkDNN#167'],
    },
    {
      id: 'norm.epsilon-outside-root',
      where: 'norm',
      what: 'epsilon added to the deviation, not to the variance',
      symptom: 'Tiny errors, unless a variance is small.',
      proof: "The layer with 1/(√v + ε) for 1/√(v + ε) gives the subject's numbers.",
      fix: 'Add ε to the variance, under the root.',
    },
    {
      id: 'norm.variance-as-deviation',
      where: 'norm',
      what: 'divided by the variance, not by its root',
      symptom: 'Each channel is off by a factor of its own, which is large where the variance is far from 1.',
      proof: "The layer divided by the variance gives the subject's numbers.",
      fix: 'Divide by √(variance + ε).',
    },
    {
      id: 'norm.variance-unbiased',
      where: 'norm',
      what: 'variance divided by n-1',
      symptom: 'Every element is off by √((n−1)/n): hardly seen where n is large.',
      proof: "The layer with the variance divided by n − 1 gives the subject's numbers.",
      fix: "Divide by n. Only the running variance of PyTorch's batch normalisation takes n − 1.",
    },
    {
      id: 'norm.affine-missing',
      where: 'norm',
      what: 'scale or shift left out',
      symptom: "The result has mean 0 and variance 1 where it should have the layer's own.",
      proof: "The layer without its scale, or without its shift, gives the subject's numbers.",
      fix: 'Multiply by the scale (γ) and add the shift (β).',
    },
    {
      id: 'norm.affine-swapped',
      where: 'norm',
      what: 'scale and shift, or mean and variance, swapped',
      symptom:
        'Uncorrelated, mostly much too large or too small: both parameters have the same shape, so nothing crashes.',
      proof: "The layer with scale and shift (or mean and variance) exchanged gives the subject's numbers.",
      fix: 'Check the order in which the parameters are passed: ONNX has x, scale, bias, mean, variance.',
    },
    {
      id: 'norm.statistics',
      where: 'norm',
      what: 'running statistics in training, or batch statistics in evaluation',
      symptom: 'Right in evaluation and wrong in training, or the reverse.',
      proof:
        "The layer normalised by the other statistics (the batch's, or the running ones) gives the subject's numbers.",
      fix: "Take the batch's mean and variance in training, the running ones in evaluation; pass the mode to every norm.",
    },
    {
      id: 'norm.axis',
      where: 'norm',
      what: 'normalised over the wrong axes or groups',
      symptom: 'The mean and variance of what should be normalised are not 0 and 1; those along other axes are.',
      proof: "The layer normalised over other axes, or in other groups of channels, gives the subject's numbers.",
      fix: 'Batch norm reduces over all but the channel, layer norm over the last axes, group norm over neighbouring channels of one example.',
    },
    {
      id: 'norm.mean-not-subtracted',
      where: 'norm',
      what: 'root mean square norm instead of layer norm',
      symptom: 'The rows have a mean square of 1, but their mean is not 0.',
      proof: "The layer divided by the root mean square, without subtracting the mean, gives the subject's numbers.",
      fix: 'Subtract the mean first; without it this is RMSNorm.',
    },
    {
      id: 'norm.cancellation',
      where: 'norm',
      what: 'variance as E[x2]-E[x]2',
      symptom:
        'Noise, the worse the larger the mean is against the deviation; sometimes the root of a negative number: NaN.',
      proof:
        "The variances are read off the result; each is within what float32 loses in E[x²] − E[x]², and with them the layer gives the subject's numbers.",
      fix: "Subtract the mean first and then average the squares (or use Welford's update).",
      seenIn: ['pytorch/pytorch#81090'],
    },
    {
      id: 'norm.momentum',
      where: 'norm',
      what: 'running statistics updated with 1-m for m, or with the other variance',
      symptom: 'The output is right in training; the running statistics are not, and evaluation is wrong later.',
      proof: 'The update solved from old, new and batch statistics has 1 − m for m, another m, or the other variance.',
      fix: "running = (1 − m) · running + m · batch with PyTorch's m; Keras and ONNX mean 1 − m by momentum.",
      seenIn: ['huggingface/transformers#19454', 'r9y9/tacotron_pytorch#19', 'fastestimator/fastestimator#1201'],
    },
  ],
};
