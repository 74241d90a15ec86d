import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import { decodeModel, loadModel } from '../../../adapters/onnx/model.ts';
import { decodeTensor } from '../../../adapters/onnx/tensors.ts';

/** The conformance models of ONNX itself, where they lie beside this repository. */
const folder = fileURLToPath(new URL('../../../../shared/data/onnx-backend/', import.meta.url));
const present = existsSync(folder);
const names = present ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'model.onnx'))) : [];

(present ? describe : describe.skip)('the conformance models of ONNX', () => {
  it('are many', () => expect(names.length).toBeGreaterThan(600));
  it('decode, every one, and again after being encoded', () => {
    const failed = names.filter((name) => {
      const { graph } = loadModel(join(folder, name, 'model.onnx'));
      const bytes = encodeModel(graph, { inline: () => true });
      const back = decodeModel(bytes, { place: name, directory: null }).graph;
      return !(
        bytes.length > 0 &&
        back.nodes.length === graph.nodes.length &&
        back.outputs.length === graph.outputs.length
      );
    });
    expect(failed).toEqual([]);
  });
  it('have inputs and outputs that decode', () => {
    let count = 0;
    for (const name of names) {
      const data = join(folder, name, 'test_data_set_0');
      for (const file of readdirSync(data).filter((f) => f.endsWith('.pb'))) {
        const { tensor } = decodeTensor(readFileSync(join(data, file)), `${name}/${file}`);
        expect(tensor.data.length).toBe(tensor.shape.reduce((size, d) => size * d, 1));
        count++;
      }
    }
    expect(count).toBeGreaterThan(1500);
  });
});
