import type { CauseFamily } from './_cause.ts';

/** Convolutions. */
export const convolution: CauseFamily = {
  title: 'Convolutions',
  causes: [
    {
      id: 'conv.kernel-flipped',
      where: 'conv',
      what: 'true convolution instead of cross-correlation',
      symptom: 'Edges appear on the wrong side; symmetric kernels hide it.',
      proof: "The layer with its kernel turned by half a circle gives the subject's numbers.",
      fix: 'Frameworks cross-correlate: index the kernel forward, x[p + k] · w[k], or flip the weights once.',
    },
    {
      id: 'conv.kernel-transposed',
      where: 'conv',
      what: 'kernel height and width swapped',
      symptom: 'The convolution acts as if the image were turned; symmetric kernels hide it.',
      proof: "The layer with the kernel's rows and columns exchanged gives the subject's numbers.",
      fix: 'Read the kernel as [height, width]; test with a kernel that is not square.',
    },
    {
      id: 'conv.padding',
      where: 'conv',
      what: 'padding amounts wrong or on the wrong side',
      symptom: 'Everything has moved by a pixel, or only outputs whose window crosses the border are wrong.',
      proof:
        "The layer with other amounts before and after, which give an output of the same size, gives the subject's numbers.",
      fix: 'Pad as the model says. "Same" padding with an even window or a stride of 2 puts the odd pixel after, not before.',
      seenIn: [
        'keras-team/keras#16363',
        'tensorflow/tensorflow#10747',
        'taehoonlee/tensornets#25',
        'onnx/tensorflow-onnx#1028',
        'microsoft/MMdnn#660',
        'microsoft/MMdnn#315',
        'vtjeng/MIPVerify.jl#23',
      ],
    },
    {
      id: 'conv.padding-mode',
      where: 'conv',
      what: 'zero, edge or reflect padding mixed up',
      symptom: 'Only outputs whose window crosses the border are wrong.',
      proof:
        "The layer with its padding filled otherwise (edge, reflection, wrapped round) gives the subject's numbers.",
      fix: "Use the padding mode of the model; a convolution's own padding is zeros.",
    },
    {
      id: 'conv.stride',
      where: 'conv',
      what: 'stride wrong',
      symptom: 'Another output size, or, where sizes agree by accident, rows sampled from the wrong places.',
      proof: "The layer with another stride, on as much of the input as the output needs, gives the subject's numbers.",
      fix: "Use the model's strides, and rows before columns.",
    },
    {
      id: 'conv.dilation',
      where: 'conv',
      what: 'dilation ignored or wrong',
      symptom: 'The receptive field is too small or too large; the output is uncorrelated.',
      proof: "The layer with another dilation gives the subject's numbers.",
      fix: "Multiply the tap's index by the dilation: x[p · stride + k · dilation − padding].",
    },
    {
      id: 'conv.groups',
      where: 'conv',
      what: 'groups read the wrong slice',
      symptom: 'Whole groups of output channels are wrong, others right (mostly the first).',
      proof: "The groups reading another slice of the input channels give the subject's numbers.",
      fix: "Group g reads the input channels from g · C/groups on; the weight's second axis is C/groups long.",
    },
  ],
};
