import type { CauseFamily } from './_cause.ts';

/** Embedding, dropout, residual connections, concatenation. */
export const structure: CauseFamily = {
  title: 'Embedding, dropout, skips, concatenation',
  causes: [
    {
      id: 'embedding.index-shifted',
      where: 'embedding',
      what: 'index off by one',
      symptom: 'Each row is another row of the table.',
      proof: "The rows looked up one beside the right ones give the subject's numbers.",
      fix: 'Subtract (or do not) the offset of the vocabulary or of the padding index, on one side only.',
    },
    {
      id: 'dropout.active',
      where: 'dropout',
      what: 'active in evaluation',
      symptom: 'A share p of the elements is zero, others the places; two runs differ.',
      proof: 'The zeros are so many as the rate predicts, and the rest is right (times 1/(1 − p)).',
      fix: 'Switch to evaluation; compare with dropout off.',
    },
    {
      id: 'dropout.scale',
      where: 'dropout',
      what: '1/(1-p) missing',
      symptom: 'Every kept element is too small by 1 − p.',
      proof: 'The kept elements times 1/(1 − p) are right, the others zero.',
      fix: 'Divide what is kept by 1 − p in training, or multiply by it in evaluation, not neither and not both.',
    },
    {
      id: 'residual.missing',
      where: 'residual',
      what: 'skip connection left out',
      symptom: "The block's output is its branch alone.",
      proof: "The sum without the skip connection gives the subject's numbers.",
      fix: "Add the block's input to its branch.",
    },
    {
      id: 'residual.placement',
      where: 'residual',
      what: 'added after the activation instead of before, or the reverse',
      symptom: 'The output is negative where it cannot be, or nowhere where it should.',
      proof: "The sum on the other side of the activation (f(x) + x for f(x + x)) gives the subject's numbers.",
      fix: 'Add where the model does: before the last activation in a classic residual block.',
    },
    {
      id: 'concat.order',
      where: 'concat',
      what: 'parts in another order',
      symptom: 'Right numbers, blocks of channels in the wrong places.',
      proof: "The parts joined in another order give the subject's numbers.",
      fix: "Join the parts in the model's order; a U-Net's skip connection comes first or last.",
    },
  ],
};
