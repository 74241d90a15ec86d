import type { CauseFamily } from './_cause.ts';

/** LSTM, GRU and plain recurrent layers. */
export const recurrentLayers: CauseFamily = {
  title: 'Recurrent layers',
  causes: [
    {
      id: 'recurrent.gate-order',
      where: 'recurrent',
      what: 'gate blocks in another order',
      symptom: 'Uncorrelated from the first step on, although all parameters hold the same numbers.',
      proof: "The gates' blocks read in another order (of all parameters or of some) give the subject's numbers.",
      fix: 'ONNX has LSTM gates i o f c and GRU gates z r h; PyTorch i f g o and r z n; Keras i f c o and z r h. Permute the blocks when they are loaded.',
      seenIn: ['keras-team/keras#8720'],
    },
    {
      id: 'recurrent.bias-missing',
      where: 'recurrent',
      what: 'input or recurrent bias not added',
      symptom: 'A moderate error from the first step on.',
      proof: "The layer without its input bias, or without its recurrent bias, gives the subject's numbers.",
      fix: "Add both; they can be summed once, except the GRU's candidate where the reset gate comes after the product.",
      seenIn: ['keras-team/keras#9112'],
    },
    {
      id: 'recurrent.forget-bias',
      where: 'recurrent',
      what: '1 added to the forget bias',
      symptom: 'The cell remembers too much (or too little).',
      proof: "The layer with 1 added to (or taken from) the forget gate's bias gives the subject's numbers.",
      fix: 'Add the 1 when weights are initialised, not when they are used.',
    },
    {
      id: 'recurrent.state-not-carried',
      where: 'recurrent',
      what: 'state reset at each step',
      symptom: 'The first step is right, all later ones are wrong.',
      proof:
        "The layer with its state (hidden, cell or both) reset at each step, or not begun from the one that is given, gives the subject's numbers.",
      fix: 'Hand the state from step to step; check that it is not made anew inside the loop.',
    },
    {
      id: 'recurrent.reset-placement',
      where: 'recurrent',
      what: 'reset gate before or after the recurrent product',
      symptom: 'The first step is right where the state begins at zero, later ones are a little off.',
      proof: "The layer with linear_before_reset the other way round gives the subject's numbers.",
      fix: "PyTorch, cuDNN and Keras (reset_after) multiply by the reset gate after the product; ONNX's default is before it.",
      seenIn: ['microsoft/onnxscript#2852', 'keras-team/keras#9112', 'nntrainer/nntrainer#1644'],
    },
    {
      id: 'recurrent.update-inverted',
      where: 'recurrent',
      what: 'z and 1-z swapped',
      symptom: 'The state moves fast where it should stay, and stays where it should move.',
      proof: "The layer with z and 1 − z exchanged gives the subject's numbers.",
      fix: "h' = (1 − z) · candidate + z · h: z keeps the old state.",
    },
    {
      id: 'recurrent.cell-activation',
      where: 'recurrent',
      what: 'activation of the cell left out',
      symptom: 'Outputs beyond 1, small ones nearly right.',
      proof: "The layer without the tanh of its cell gives the subject's numbers.",
      fix: 'Output o · tanh(c), not o · c.',
    },
    {
      id: 'recurrent.direction',
      where: 'recurrent',
      what: 'reverse direction not reversed back',
      symptom: "Half of the outputs (the reverse direction's) hold right numbers at the wrong times.",
      proof:
        "The reverse direction not turned back, run forward, or exchanged with the other gives the subject's numbers.",
      fix: 'Run the reverse direction from the last step and store its result at the step that it was read from.',
    },
  ],
};
