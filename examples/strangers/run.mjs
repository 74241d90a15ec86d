// Holds the networks of others against the twin that ONNX Runtime runs of what they should be:  node examples/strangers/run.mjs
// layerdiff is the built one beside this folder, or that of LAYERDIFF_DIST.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import brain from './brain.mjs';
import convnetjs from './convnetjs-net.mjs';
import jsPytorch from './js-pytorch-net.mjs';
import { numbers } from './numbers.mjs';

const dist = resolve(process.env.LAYERDIFF_DIST ?? resolve(import.meta.dirname, '../../dist'));
const { check, float32, int64, networkSubject, referenceOf, renderTerminal, sourceOf, twin } = await import(
  pathToFileURL(resolve(dist, 'index.js')).href
);

const x = (shape, seed) => sourceOf(float32(shape, numbers(shape, seed).data));
const classes = (...of) => sourceOf(int64([of.length], of));
const NETWORKS = [
  [convnetjs, { x: x([2, 3, 8, 8], 7), target: classes(1, 3) }],
  ...Object.values(brain).map((network) => [network, { x: x([2, 4], 8) }]),
  [jsPytorch[0], { x: x([2, 5, 6], 9), target: classes(0, 3, 1, 2, 3, 0, 1, 1, 2, 3) }],
  [jsPytorch[1], { x: x([2, 5, 6], 9), target: classes(0, 3, 1, 2, 3, 0, 1, 1, 2, 3) }],
  [jsPytorch[2], { x: x([5, 5], 10) }],
];

for (const [network, given] of NETWORKS) {
  const inputs = new Map(Object.entries(given));
  const graph = await twin(network, inputs);
  const reference = await referenceOf({ graph, irVersion: 10, producer: 'layerdiff' }, `twin of ${network.name}`);
  const report = await check(networkSubject(network, network.name), reference, { inputs });
  console.log(process.argv.includes('--json') ? JSON.stringify(report) : renderTerminal(report));
  await reference.release();
}
