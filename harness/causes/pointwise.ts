import type { CauseFamily } from './_cause.ts';

/** Activations, pools and resizing. */
export const pointwise: CauseFamily = {
  title: 'Activations, pools, resizing',
  causes: [
    {
      id: 'activation.wrong-function',
      where: 'activation',
      what: 'another activation, or an approximation of it; the report names it (GELU by tanh, hard sigmoid, ...)',
      symptom: 'Another curve: the output is a function of the input, but not the right one.',
      proof:
        "Each other activation (and each approximation of this one) is tried on the subject's own input; one gives its numbers.",
      fix: 'Use the function that the report says the model has. GELU by tanh and by erf differ by up to 4.7e-4.',
    },
    {
      id: 'activation.slope',
      where: 'activation',
      what: 'another slope for negative inputs; the report says which',
      symptom: 'Only negative inputs are wrong, all by one factor.',
      proof: 'The slope is read off the negative half; with it all elements agree.',
      fix: "Set the slope to the model's. Defaults: 0.01 in ONNX and PyTorch, 0.3 in Keras.",
    },
    {
      id: 'activation.constant',
      where: 'activation',
      what: 'another constant (ELU alpha, SELU, hard-sigmoid)',
      symptom:
        'Wrong where the constant matters: the negative half of ELU or SELU, the slope of a hard sigmoid, the bounds of a clip.',
      proof: 'The constant is solved from the output, or the usual ones are tried; with it all elements agree.',
      fix: "Set the constant to the model's. Hard sigmoid has 0.2 in ONNX and Keras, 1/6 in PyTorch.",
    },
    {
      id: 'pool.kind',
      where: 'pool',
      what: 'average and maximum mixed up',
      symptom: "Average and maximum pools have the same shape: the maximum's output is nowhere below the average's.",
      proof: "The other kind over the same windows gives the subject's numbers.",
      fix: "Use the model's pool.",
    },
    {
      id: 'pool.padding-value',
      where: 'pool',
      what: 'padding takes part in the maximum as 0',
      symptom: 'Only windows that cross the border are wrong, and only where all their elements are negative.',
      proof: "The maximum with zeros for padding gives the subject's numbers.",
      fix: 'Let padding take no part: start from −∞, or skip what lies outside.',
    },
    {
      id: 'pool.count-include-pad',
      where: 'pool',
      what: 'padding counted, or not, in the average',
      symptom: 'Only windows that cross the border are wrong, by (elements inside)/(elements of the window).',
      proof: "The average with padding counted, or not, gives the subject's numbers.",
      fix: 'Divide as the model says. ONNX leaves padding out by default, PyTorch counts it.',
    },
    {
      id: 'pool.window-shifted',
      where: 'pool',
      what: 'window off by one',
      symptom: 'Everything has moved by a pixel.',
      proof: "The window one off, or sizes rounded up for down, gives the subject's numbers.",
      fix: 'Begin window p at p · stride − padding.',
    },
    {
      id: 'resize.coordinates',
      where: 'resize',
      what: 'another coordinate transformation (align_corners, half_pixel, asymmetric)',
      symptom: 'Smooth errors that grow toward the border, or half a pixel everywhere.',
      proof: "Another coordinate transformation, rounding or kernel gives the subject's numbers.",
      fix: "Use the model's coordinate_transformation_mode: half_pixel in PyTorch by default, asymmetric and align_corners in older exports.",
    },
  ],
};
