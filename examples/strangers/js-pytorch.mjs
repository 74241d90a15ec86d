// js-pytorch 0.7.2: its modules and its autograd.
import { torch } from 'js-pytorch';
import { numbers } from './numbers.mjs';

const tensor = ({ data, shape }, grad) =>
  torch.tensor(torch.reshape(torch.tensor([...data]), shape.length > 0 ? [...shape] : [1]).tolist(), grad);
const flat = (list) => [list].flat(Number.POSITIVE_INFINITY);
export const parameters = {};

/** A module as a layer: `own` are its parameters by name, `op` what it should compute. */
export function layer(name, inputs, op, module, own = {}) {
  for (const [path, { shape }] of Object.entries(own))
    parameters[`${name}.${path}`] = numbers(shape, Object.keys(parameters).length + 1);
  const run = (context) => {
    for (const [path, parameter] of Object.entries(own)) {
      parameter._data = tensor(context.parameters[`${name}.${path}`]).tolist();
      parameter.zero_grad();
    }
    const given = inputs.map((input) => tensor(context.inputs[input], input !== 'target'));
    return { given, output: module.forward(...given) };
  };
  return {
    name,
    inputs,
    op,
    parameters: Object.keys(own).map((path) => `${name}.${path}`),
    forward(context) {
      const { output } = run(context);
      return { data: flat(output.tolist()), shape: name === 'loss' ? [] : output.shape };
    },
    backward(context) {
      const { given, output } = run(context);
      output.backward(tensor({ data: context.gradient, shape: output.shape }));
      const grads = Object.entries(own).map(([path, parameter]) => [`${name}.${path}`, flat(parameter.grad)]);
      return { inputs: given.map((x) => x.grad && flat(x.grad)), parameters: Object.fromEntries(grads) };
    },
  };
}
