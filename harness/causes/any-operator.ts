import type { CauseFamily } from './_cause.ts';

/** What can go wrong in any layer. */
export const anyOperator: CauseFamily = {
  title: 'Any operator',
  causes: [
    {
      id: 'sign.flipped',
      where: 'any op',
      what: 'every element has the opposite sign',
      symptom:
        'The output is the negative of what it should be: cosine −1, the same norm. In a gradient, training climbs instead of descending.',
      proof: "The reference's numbers times −1 are the subject's own, in every element.",
      fix: 'Find the subtraction whose operands are the wrong way round (a − b for b − a), or the minus sign that is missing or doubled.',
    },
    {
      id: 'scale.constant',
      where: 'any op',
      what: 'every element is off by one factor; the report names it (2, 1/2, B, 1/B, sqrt(d), H*W, 255, ...)',
      symptom: 'Cosine 1, another norm: every element is too large or too small by one and the same factor.',
      proof:
        'The factor is fitted to all elements and what is left over is rounding. It is then looked up among the sizes of the tensors (batch, channels, rows · columns, √d) and usual constants (2, 1/2, 255).',
      fix: "The factor's name says where to look: B or 1/B is a mean taken for a sum, √d a missing scale, H·W a pool that does not divide, 255 an image that is not normalised.",
    },
    {
      id: 'axes.permuted',
      where: 'any op',
      what: 'right numbers, axes in another order, or reinterpreted where they should be transposed',
      symptom: 'Sorted, both sides hold the same numbers; in place they have nothing to do with one another.',
      proof:
        "Every order of the axes, and a reshape where a transposition belongs, is applied to the layer; one of them gives the subject's numbers in their places.",
      fix: "Transpose where the numbers must move; reshape only where they must not. Check the order of the strides at this layer's boundary.",
    },
    {
      id: 'index.shifted',
      where: 'any op',
      what: 'right numbers, shifted along an axis',
      symptom: "The picture is right but has moved: elements agree with their neighbours' on the other side.",
      proof: "The right result, shifted by so many places along one axis (or two), is the subject's.",
      fix: 'Look for an off-by-one in the index or in where a window begins: < for <=, i + 1 for i, padding on one side.',
    },
    {
      id: 'index.reversed',
      where: 'any op',
      what: 'right numbers, reversed along an axis',
      symptom: 'Right numbers in mirrored order along one axis.',
      proof: "The right result read backwards along that axis is the subject's.",
      fix: 'Look for a loop that counts down, a stride with the wrong sign, or a flip that was forgotten or done twice.',
    },
    {
      id: 'region.partial',
      where: 'any op',
      what: 'right but for a region: tail of a tile, last rows, border, one channel, batch rows after the first',
      symptom:
        'Most elements are right to the last digit; those of one region are wrong: the last channel, the border, the tail of a tile, all examples after the first.',
      proof:
        'The wrong elements are exactly one run of places along the axes and all others are within noise. The report says which.',
      fix: "Run with a size that is no multiple of the tile or vector width and look at the loop's remainder; for later examples, at the batch's stride.",
    },
    {
      id: 'precision.reduced',
      where: 'any op',
      what: 'rounded to a narrower type on the way (float16, bfloat16, int8, ...)',
      symptom: "Errors of about 2⁻⁸ (bfloat16) or 2⁻¹¹ (float16) of each element's size, as often up as down.",
      proof: "The right numbers, rounded to the narrower type, are the subject's; or operands rounded to it give them.",
      fix: 'Keep and accumulate in float32, or declare the narrower type as meant with --allow-precision and a reason.',
    },
    {
      id: 'value.nan',
      where: 'any op',
      what: 'NaN or infinity where the reference is finite; the report says where it first came from',
      symptom: 'NaN or infinity where the reference is finite; from there it spreads to all that follows.',
      proof:
        'The census of non-finite elements is compared exactly; the first layer that makes them from finite inputs is the one that is named.',
      fix: 'Look for exp of a large number, a logarithm or division of zero, 0 · ∞, or memory that was never written.',
    },
    {
      id: 'value.zero',
      where: 'any op',
      what: 'never written',
      symptom: 'All zeros where the reference has numbers.',
      proof: 'Every element is exactly zero while the right answer is not.',
      fix: 'The result is computed into another buffer, or not at all: check what the caller reads, and that the kernel was launched.',
    },
    {
      id: 'value.stale',
      where: 'any op',
      what: "equal to another recorded tensor: another layer's, or an earlier step's",
      symptom: 'Believable numbers that belong elsewhere.',
      proof: "The tensor equals another recorded one: another layer's, or that of an earlier step.",
      fix: 'Give each layer a buffer of its own, or write this one before it is read.',
    },
    {
      id: 'value.accumulated',
      where: 'any op',
      what: 'buffer not cleared: the result is added to what was there',
      symptom: 'The first run is right; the second is twice as large, or off by the first.',
      proof: "The subject's numbers are the right ones plus what the buffer held before.",
      fix: 'Clear the accumulator before the sum begins, or write with = for the first term.',
    },
    {
      id: 'input.mutated',
      where: 'any op',
      what: 'the layer changed its own input in place',
      symptom:
        "A layer's own result is right, yet a later reader of its input (a skip connection, the backward pass) gets other numbers.",
      proof: 'The input is hashed before and after the layer runs: it has changed.',
      fix: 'Write the result to a buffer of its own.',
    },
    {
      id: 'nondeterministic',
      where: 'any op',
      what: 'two identical runs differ',
      symptom: 'Two identical runs differ: nothing that follows can be compared.',
      proof: 'The subject is run twice on the same input; the first tensor that differs is named.',
      fix: 'Switch off dropout, seed every random number, and clear what is kept between runs. On a GPU look for atomics and races.',
    },
    {
      id: 'wiring.wrong-source',
      where: 'any op',
      what: 'right on what it was fed, but fed from the wrong tensor',
      symptom: "The layer's arithmetic is right, its result is not.",
      proof:
        "The right layer, fed from another tensor of the network (or with another parameter), gives the subject's numbers.",
      fix: "Feed the layer from the tensor that the report names as the reference's.",
    },
  ],
};
