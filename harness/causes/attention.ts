import type { CauseFamily } from './_cause.ts';

/** Softmax, attention, and positions. */
export const attention: CauseFamily = {
  title: 'Softmax and attention',
  causes: [
    {
      id: 'softmax.axis',
      where: 'softmax',
      what: 'over the wrong axis',
      symptom: 'The rows do not sum to 1; sums along another axis do.',
      proof: "The layer along another axis gives the subject's numbers.",
      fix: 'Take the maximum and the sum along the axis of the classes (mostly the last).',
    },
    {
      id: 'softmax.no-max-subtraction',
      where: 'softmax',
      what: 'overflows for large logits',
      symptom: 'NaN for logits above 88 (in float32), right otherwise.',
      proof: 'Evaluated in float32 without subtracting the maximum, it overflows in the same places.',
      fix: "Subtract the row's maximum before the exponential.",
    },
    {
      id: 'softmax.denominator',
      where: 'softmax',
      what: 'some terms missing from the sum',
      symptom: 'The rows sum to more than 1.',
      proof:
        "The sum without some of its terms (the last, the remainder of a vector's width) gives the subject's numbers.",
      fix: "Let the sum's loop reach the last element.",
    },
    {
      id: 'softmax.repeated',
      where: 'softmax',
      what: 'applied twice',
      symptom: 'The rows sum to 1 but are nearly flat.',
      proof: "The layer applied to its own result gives the subject's numbers.",
      fix: 'Apply it once; losses that take logits, and attention kernels, do it themselves.',
    },
    {
      id: 'attention.scale',
      where: 'attention',
      what: '1/sqrt(d) missing or wrong',
      symptom: 'Attention is too sharp or too flat; the error grows with the size of the heads.',
      proof:
        "Scores times another factor (1, 1/d, the root of another size; solved where it can be read off) give the subject's numbers.",
      fix: 'Divide the scores by √d, d the size of one head, before the mask and the softmax; once, in queries or scores, not in both.',
    },
    {
      id: 'attention.mask-missing',
      where: 'attention',
      what: 'mask not applied',
      symptom: 'Wrong in masked places only: the last position is right under a causal mask, the first is not.',
      proof: "The layer without its mask gives the subject's numbers.",
      fix: 'Add −∞ (or a very negative number) to masked scores before the softmax; check that the mask is passed on.',
    },
    {
      id: 'attention.mask-shifted',
      where: 'attention',
      what: 'mask off by one or transposed',
      symptom: 'Each position sees one too many or one too few, or the future for the past.',
      proof: "The mask shifted by a place, transposed or inverted gives the subject's numbers.",
      fix: 'A position sees itself and what lies before it: j <= i.',
    },
    {
      id: 'attention.heads-merged',
      where: 'attention',
      what: 'heads split or merged without the transposition',
      symptom: 'Heads are mixed with positions: right for one head or a sequence of length 1.',
      proof: "The split or the merge done as a reshape, without its transposition, gives the subject's numbers.",
      fix: '[batch, sequence, heads, size] must be transposed to [batch, heads, sequence, size], and back before the merge.',
    },
    {
      id: 'rope.pairing',
      where: 'attention',
      what: 'rotary halves and interleaved pairs mixed up',
      symptom: 'Norms are right, elements are not, except at position 0.',
      proof:
        "Rotated with the other pairing (halves for neighbours or the reverse), or the other way, it gives the subject's numbers.",
      fix: "Pair as the weights were trained: (i, i + d/2) or (2i, 2i + 1); permute the projection's rows where weights are converted.",
      seenIn: ['Dao-AILab/flash-attention#288'],
    },
    {
      id: 'position.offset',
      where: 'attention',
      what: 'positions off by one, or not added',
      symptom: 'An error that does not depend on the input: it is the same for every example.',
      proof: "With positions off by one, or left out, the layer gives the subject's numbers.",
      fix: 'Count positions from where the model does (mostly 0, some from the padding index + 1), and add them once.',
    },
  ],
};
