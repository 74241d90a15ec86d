import type * as Core from '@tensorflow/tfjs-core';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { Graph, GraphNode } from '../../../harness/types/graph.ts';
import type { Step } from '../program.ts';
import type { TfTensor } from '../tensors.ts';
import type { Kernels } from './_kernel.ts';
import { convolutions } from './conv.ts';
import { elementwise } from './elementwise.ts';
import { linear } from './linear.ts';
import { losses } from './loss.ts';
import { makers } from './make.ts';
import { norms } from './norm.ts';
import { pools } from './pool.ts';
import { recurrences } from './recurrent.ts';
import { reductions } from './reduce.ts';
import { resizes } from './resize.ts';
import { selections } from './select.ts';
import { shapes } from './shape.ts';

const KERNELS: Kernels = {
  ...elementwise,
  ...linear,
  ...convolutions,
  ...pools,
  ...norms,
  ...recurrences,
  ...shapes,
  ...selections,
  ...makers,
  ...resizes,
  ...reductions,
  ...losses,
};

/** ONNX operators that can be run as TensorFlow.js's. */
export const tfjsOperators = (): readonly string[] => Object.keys(KERNELS).sort();

/** The first operator of a graph that TensorFlow.js has no form of. Throws E_UNSUPPORTED naming it and what there is. */
export function proveExpressible(graph: Graph): void {
  for (const { op, domain, name } of graph.nodes) {
    if (domain === '' && Object.hasOwn(KERNELS, op)) continue;
    const reason = `${domain === '' ? op : `${domain}.${op}`} has no form in TensorFlow.js`;
    throw new LayerdiffError('E_UNSUPPORTED', name, reason, `There are: ${tfjsOperators().join(', ')}.`);
  }
}

/** A node of a description as a step: one ONNX operator, in TensorFlow.js. */
export function nodeStep(tf: typeof Core, graph: Graph): (node: GraphNode) => Step {
  const opset = graph.opset.get('') ?? 21;
  return (node) => {
    const names = [...new Set(node.inputs.filter((name) => name !== ''))];
    return {
      label: node.name,
      kind: node.op,
      inputs: names,
      outputs: node.outputs,
      run: (tensors) => {
        const byName = new Map(names.map((name, i) => [name, tensors[i] as TfTensor]));
        const inputs = node.inputs.map((name) => byName.get(name));
        const kernel = KERNELS[node.op] as Kernels[string];
        const made = kernel({ tf, node, attributes: node.attributes, opset, inputs });
        const outputs = Array.isArray(made) ? (made as readonly (TfTensor | null)[]) : [made as TfTensor];
        return node.outputs.map((_, slot) => outputs[slot] ?? null);
      },
    };
  };
}
