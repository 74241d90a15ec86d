// A small transformer of js-pytorch's modules; what each should compute is in js-pytorch-ops.mjs.
import { torch } from 'js-pytorch';
import { layer, parameters } from './js-pytorch.mjs';
import {
  attention,
  CLASSES,
  crossEntropy,
  cube,
  D,
  HEADS,
  linear,
  norm,
  PYTORCH,
  T,
  WRITTEN,
} from './js-pytorch-ops.mjs';
import { numbers } from './numbers.mjs';

const { nn } = torch;
const [ln, fc1, fc2] = [new nn.LayerNorm(D), new nn.Linear(D, 2 * D), new nn.Linear(2 * D, CLASSES)];
const heads = new nn.MultiHeadSelfAttention(D, D, HEADS, T);
const { Wq: q, Wk: k, Wv: v, residual_proj: o } = heads;
const projections = { wq: q.W, bq: q.b, wk: k.W, bk: k.b, wv: v.W, bv: v.b, wo: o.W, bo: o.b };

const network = (name, { epsilon, scale, relu }) => ({
  name,
  inputs: ['x', 'target'],
  parameters,
  layers: [
    layer('norm', ['x'], norm(epsilon), ln, { gamma: ln.gamma, beta: ln.beta }),
    layer('att', ['norm'], attention('norm', 'att', scale), heads, projections),
    layer('sum', ['x', 'att'], { type: 'Add' }, { forward: (a, b) => a.add(b) }),
    layer('fc1', ['sum'], linear('fc1', 'sum'), fc1, { w: fc1.W, b: fc1.b }),
    layer('pow', ['fc1'], cube, { forward: (x) => x.pow(3) }),
    layer('relu', ['pow'], relu, new nn.ReLU()),
    layer('logits', ['relu'], linear('logits', 'relu'), fc2, { w: fc2.W, b: fc2.b }),
    layer('loss', ['logits', 'target'], crossEntropy, new nn.CrossEntropyLoss()),
  ],
});
const alone = layer('softmax', ['x'], { type: 'Softmax' }, new nn.Softmax());

export default [
  network('js-pytorch, as PyTorch', PYTORCH),
  network('js-pytorch, as it is written', WRITTEN),
  { name: 'js-pytorch, softmax of a square', seeds: { softmax: numbers([5, 5], 1).data }, layers: [alone] },
];
