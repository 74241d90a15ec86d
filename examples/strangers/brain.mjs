// brain.js 1.6.1: a whole NeuralNetwork, run and differentiated by its own code, for each activation that it has. Its deltas are
// −d loss / d (what goes into the activation), its errors −d loss / d output, of the loss ½ Σ (target − output)².
import brain from 'brain.js';
import { numbers } from './numbers.mjs';

const SIZES = [4, 5, 3];
const OPERATORS = {
  sigmoid: { type: 'Sigmoid' },
  relu: { type: 'Relu' },
  'leaky-relu': { type: 'LeakyRelu', attributes: { alpha: 0.01 } },
  tanh: { type: 'Tanh' },
};

/** One dense layer of the network, taken alone: brain.js has no smaller part. */
function dense(name, activation, inputs, outputs) {
  const net = new brain.NeuralNetwork({ activation });
  Object.assign(net, { sizes: [inputs, outputs] });
  net.initialize();
  const each = ({ input: { data, shape }, parameters }, use) => {
    const w = parameters[`${name}.w`].data;
    net.weights[1] = Array.from({ length: outputs }, (_, o) => w.subarray(o * inputs, (o + 1) * inputs));
    net.biases[1] = parameters[`${name}.b`].data;
    return Array.from({ length: shape[0] }, (_, b) => use(data.subarray(b * inputs, (b + 1) * inputs), b));
  };
  return {
    name,
    parameters: [`${name}.w`, `${name}.b`],
    op: [{ type: 'Gemm', attributes: { transB: 1 } }, OPERATORS[activation]],
    forward: (context) => ({
      data: each(context, (x) => [...net.runInput(x)]).flat(),
      shape: [context.input.shape[0], outputs],
    }),
    backward(context) {
      const [dw, db] = [new Float64Array(inputs * outputs), new Float64Array(outputs)];
      const dx = each(context, (x, b) => {
        const y = net.runInput(x);
        net.calculateDeltas(Array.from(y, (v, o) => v - context.gradient[b * outputs + o]));
        dw.forEach((_, i) => (dw[i] -= net.deltas[1][Math.floor(i / inputs)] * x[i % inputs]));
        db.forEach((_, o) => (db[o] -= net.deltas[1][o]));
        return [...net.errors[0]].map((error) => -error);
      });
      return { input: dx.flat(), parameters: { [`${name}.w`]: dw, [`${name}.b`]: db } };
    },
  };
}

const network = (activation) => ({
  name: `brain.js, ${activation}`,
  inputs: ['x'],
  parameters: Object.fromEntries(
    [1, 2].flatMap((l) => [
      [`d${l}.w`, numbers([SIZES[l], SIZES[l - 1]], l)],
      [`d${l}.b`, numbers([SIZES[l]], 10 + l)],
    ]),
  ),
  seeds: { d2: numbers([2, SIZES[2]], 20).data },
  layers: [1, 2].map((l) => dense(`d${l}`, activation, SIZES[l - 1], SIZES[l])),
});

export default Object.fromEntries(Object.keys(OPERATORS).map((activation) => [activation, network(activation)]));
