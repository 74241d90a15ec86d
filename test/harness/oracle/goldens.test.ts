import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadModel } from '../../../adapters/onnx/index.ts';
import { openTrace, readTensors } from '../../../adapters/trace/index.ts';
import { createOracle } from '../../../harness/oracle/index.ts';
import { isFloat, toNumbers } from '../../../harness/tensor.ts';

// Every value and gradient of a network as PyTorch recorded them; see index.json beside them.
const goldens = fileURLToPath(new URL('../../data/goldens/', import.meta.url));
const names = readdirSync(goldens, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** ‖a − b‖. */
function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

/**
 * How far what was recorded may lie from R64: relative L2 of 2e-6, or a few times as far as sequential float32 strays: that is
 * the measure where the terms cancel (the bias of a key before softmax has no gradient at all).
 */
const allowed = (r64: Float64Array, n32: Float64Array): number =>
  Math.max(2e-6 * distance(r64, new Float64Array(r64.length)), 6 * distance(n32, r64));

function open(name: string) {
  const { graph } = loadModel(`${goldens}${name}/model.onnx`);
  const golden = openTrace(`${goldens}${name}/golden.safetensors`);
  const inputs = readTensors(`${goldens}${name}/inputs.safetensors`);
  const oracle = createOracle(graph, { inputs, values: golden.values, gradients: golden.gradients, loss: 'loss' });
  return { graph, golden, oracle };
}

describe.each(names)('%s, cut at every recorded tensor', (name) => {
  const { graph, golden, oracle } = open(name);
  const produced = new Set(graph.nodes.flatMap((node) => node.outputs));

  it("computes PyTorch's values within float32 noise", () => {
    const computed = [...golden.values].filter(([tensor, { dtype }]) => produced.has(tensor) && isFloat(dtype));
    expect(computed.length).toBeGreaterThan(4);
    for (const [tensor, source] of computed) {
      const { r64, n32 } = oracle.value(tensor);
      const recorded = toNumbers(source.read());
      expect([tensor, r64.shape]).toEqual([tensor, source.shape]);
      expect([tensor, distance(recorded, r64.data) <= allowed(r64.data, n32.data)]).toEqual([tensor, true]);
    }
  });

  it("computes PyTorch's gradients within float32 noise", () => {
    const constants = new Set(graph.nodes.flatMap(({ op, outputs }) => (op === 'Constant' ? outputs : [])));
    // A constant has no gradient for PyTorch: what is recorded there are zeros.
    const wanted = [...golden.gradients].filter(([tensor]) => tensor !== 'loss' && !constants.has(tensor));
    expect(wanted.length).toBeGreaterThan(4);
    for (const [tensor, source] of wanted) {
      const { r64, n32, slack } = oracle.gradient(tensor);
      const recorded = toNumbers(source.read());
      expect([tensor, r64.shape]).toEqual([tensor, source.shape]);
      // Where a kink leaves the choice, the recorded value may be either.
      const settled = recorded.map((g, i) => (slack && slack[i]! > 0 ? r64.data[i]! : g));
      expect([tensor, distance(settled, r64.data) <= allowed(r64.data, n32.data)]).toEqual([tensor, true]);
    }
  });
});
