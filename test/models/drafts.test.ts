import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { twin as describedBy } from '../../adapters/network/twin.ts';
import { encodeModel, loadModel } from '../../adapters/onnx/index.ts';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { recordReference } from '../../harness/record.ts';
import { sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import { drafts } from '../../models/twins/drafts.ts';
import { sequenceDrafts } from '../../models/twins/sequence-drafts.ts';
import { relL2, runOnGolden } from './against.ts';

/**
 * Some times the largest errors measured between these loops and ONNX Runtime, chained through the whole network. The U-Net has channels
 * 90 away from 0 in front of a normalisation, which leaves their rounding: 1.3e-5 and 3e-5.
 */
const ALLOWED = { values: 2e-6, gradients: 2e-5 };
const FAR_FROM_ZERO = { values: 4e-5, gradients: 1e-4 };

/** A bias in front of a normalisation has no effect: its gradient is 0, but for rounding. */
const WITHOUT_EFFECT = ['d1.conv.bias', 'd2.conv.bias'];

const sources = (tensors: Readonly<Record<string, Tensor>>) =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

describe.each([...drafts, ...sequenceDrafts].map((draft) => [draft.twin.id, draft] as const))(
  'the twin %s',
  (id, draft) => {
    const allowed = id === 'unet' ? FAR_FROM_ZERO : ALLOWED;

    it('computes the values and every gradient that ONNX Runtime does', async () => {
      const { trace, observations } = await runOnGolden(draft.twin.make(), draft.twin);
      const reference = await openOnnxReference(draft.twin.model);
      try {
        const recorded = await recordReference(reference, readTensors(draft.twin.inputs), 'loss');
        for (const kind of ['values', 'gradients'] as const) {
          const off = [...trace[kind]].filter(([name, source]) => {
            const other = recorded[kind].get(name);
            if (other !== undefined && kind === 'gradients' && WITHOUT_EFFECT.includes(name)) {
              return ![source, other].every((each) => toNumbers(each.read()).every((d) => Math.abs(d) <= 1e-6));
            }
            return other === undefined || !(relL2(source, other) <= allowed[kind]);
          });
          expect([kind, off.map(([name]) => name)]).toEqual([kind, []]);
        }
        expect(observations).toEqual([]);
      } finally {
        await reference.release();
      }
    });

    it('records the value of every tensor that a layer writes and of every parameter, and the gradient of all that have one', async () => {
      const { trace } = await runOnGolden(draft.twin.make(), draft.twin);
      const layers = draft.twin.make().layers ?? [];
      const written = layers.flatMap(({ name, outputs }) => outputs ?? [name]);
      const parameters = Object.keys(draft.parameters);
      expect([...trace.values.keys()]).toEqual(expect.arrayContaining([...written, ...parameters]));
      const constant = /running_|\.(mean|variance)$/;
      const { input } = draft.inputs;
      // Tokens have no gradient.
      const first = input?.dtype === 'int64' ? [] : ['input'];
      const moving = [...written, ...parameters, ...first].filter((name) => !constant.test(name));
      expect([...trace.gradients.keys()]).toEqual(expect.arrayContaining(moving));
    });

    it('is the model that its layers describe, with the parameters and inputs that were drawn', async () => {
      const options = { parameters: sources(draft.parameters), draw: null };
      const graph = await describedBy(draft.twin.make(), sources(draft.inputs), options);
      const bytes = encodeModel(graph, { inline: () => true });
      expect(Buffer.from(bytes).equals(readFileSync(draft.twin.model))).toBe(true);
      for (const [name, source] of readTensors(draft.twin.inputs)) {
        expect(source.read()).toEqual(draft.inputs[name]);
      }
      expect(loadModel(draft.twin.model).graph.nodes.length).toBe(graph.nodes.length);
    });
  },
);
