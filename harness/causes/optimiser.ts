import type { CauseFamily } from './_cause.ts';

/** The optimiser. */
export const optimiser: CauseFamily = {
  title: 'The optimiser',
  causes: [
    {
      id: 'optimizer.bias-correction',
      where: 'optimiser',
      what: 'Adam without bias correction',
      symptom: 'The first step is too long by (1 − β₁)/√(1 − β₂), 3.16 by default.',
      proof:
        "On the recorded update (after − before): the update with the moments as they are, not divided by 1 − βᵗ, is the subject's.",
      fix: 'Divide the moments by 1 − β₁ᵗ and 1 − β₂ᵗ.',
      seenIn: ['ml-explore/mlx#1640'],
    },
    {
      id: 'optimizer.betas-swapped',
      where: 'optimiser',
      what: 'beta1 and beta2 swapped',
      symptom: 'The first step is right, later ones are not.',
      proof: "On the recorded update (after − before): the update with β₁ and β₂ exchanged is the subject's.",
      fix: 'β₁ = 0.9 belongs to the mean, β₂ = 0.999 to the square.',
    },
    {
      id: 'optimizer.step-count',
      where: 'optimiser',
      what: 'step counter off by one',
      symptom: 'All updates are off by one factor, which fades over the steps; NaN where counting begins at 0.',
      proof: "On the recorded update (after − before): the update with the counter one off is the subject's.",
      fix: 'Count once a step, before the correction, from 1; not once a parameter.',
    },
    {
      id: 'optimizer.epsilon',
      where: 'optimiser',
      what: 'another epsilon, or another place for it',
      symptom: 'Wrong only where gradients are tiny.',
      proof:
        "On the recorded update (after − before): the update with another ε, or with it under the root or before the correction, is the subject's.",
      fix: 'PyTorch has 1e-8 beside the corrected root, TensorFlow 1e-7 and ε̂ before the correction.',
      seenIn: ['tensorflow/tensorflow#35102'],
    },
    {
      id: 'optimizer.decay-coupled',
      where: 'optimiser',
      what: 'decoupled weight decay done as L2, or the reverse',
      symptom: 'The update differs by a share of the weight itself.',
      proof:
        "On the recorded update (after − before): the update with the decay added to the gradient, or taken from the weight, is the subject's.",
      fix: 'AdamW shrinks the weight by lr · wd and leaves the gradient alone.',
      seenIn: ['keras-team/keras#19051'],
    },
    {
      id: 'optimizer.decay-scope',
      where: 'optimiser',
      what: 'decay applied to biases and norms',
      symptom: 'Biases and norms shrink; weights are right.',
      proof:
        'On the recorded update (after − before): the update of these tensors is the right one less a share of the parameter.',
      fix: "Leave biases and the norms' scales out of the decay, on both sides.",
    },
    {
      id: 'optimizer.momentum',
      where: 'optimiser',
      what: 'Nesterov, dampening or learning rate inside the velocity',
      symptom: 'The first step is right, or off by 1 + μ; later ones are not.',
      proof:
        "On the recorded update (after − before): the update by Nesterov, with dampening, or with the learning rate inside the velocity is the subject's.",
      fix: "Use the model's form: PyTorch has v = μ v + g and w −= lr · v.",
    },
    {
      id: 'optimizer.sign',
      where: 'optimiser',
      what: 'ascends',
      symptom: 'The loss rises.',
      proof: "On the recorded update (after − before): the right update times −1 is the subject's.",
      fix: 'Subtract the gradient.',
    },
    {
      id: 'optimizer.learning-rate',
      where: 'optimiser',
      what: 'another learning rate or schedule',
      symptom: 'All updates are off by one factor.',
      proof: 'On the recorded update (after − before): one factor explains the updates of all parameters.',
      fix: 'Compare the schedule at this step: warm-up, and whether it counts from 0.',
    },
    {
      id: 'optimizer.state-shared',
      where: 'optimiser',
      what: 'state shared between parameters, or made anew each step',
      symptom: 'Step one is right; later a parameter moves as another should, or always as in step one.',
      proof:
        "On the recorded update (after − before): the recorded state equals another parameter's, or is that of a first step.",
      fix: 'Keep one state a parameter, made once, by name and not by shape.',
    },
    {
      id: 'optimizer.parameter-frozen',
      where: 'optimiser',
      what: 'a parameter with a gradient is not updated',
      symptom: 'The parameter stays as it is though its gradient is not zero.',
      proof: 'On the recorded update (after − before): its update is exactly zero.',
      fix: 'Register it with the optimiser, also if it was made after that or is inside a list.',
    },
  ],
};
