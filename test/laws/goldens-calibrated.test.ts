import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { traceSubject } from '../../adapters/trace/subject.ts';
import { openTrace, readTensors } from '../../adapters/trace/index.ts';
import { check } from '../../harness/check.ts';

const goldens = fileURLToPath(new URL('../data/goldens/', import.meta.url));
const networks = readdirSync(goldens, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

// PyTorch's recording as the subject: its gradients have to be those of the backward graph within the calibrated tolerance,
// the same that decides on a hand-written network.
describe("every gradient that PyTorch recorded is the backward graph's, within the calibrated tolerance", () => {
  it.each(networks)('of %s', async (name) => {
    const reference = await openOnnxReference(`${goldens}${name}/model.onnx`, { place: 'here' });
    try {
      const golden = `${goldens}${name}/golden.safetensors`;
      const inputs = readTensors(`${goldens}${name}/inputs.safetensors`);
      const report = await check(await traceSubject(golden), reference, { inputs });
      const backward = report.tensors.filter(({ direction }) => direction === 'backward');
      const other = backward.filter(({ verdict }) => verdict !== 'match' && verdict !== 'vacuous');
      expect(other.map(({ tensor, verdict, reason }) => ({ tensor, verdict, reason }))).toEqual([]);
      const recorded = [...openTrace(golden).gradients.keys()].filter((tensor) => tensor !== 'loss');
      expect(backward.length).toBeGreaterThanOrEqual(recorded.length);
    } finally {
      await reference.release();
    }
  });
});
