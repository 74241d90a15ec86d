import { float, int, text } from '../../adapters/onnx/rule.ts';
import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import * as e from './edits.ts';

/** One seeded bug: another network, or other numbers in one tensor that the rest of the network goes on with. */
export interface Bug {
  readonly kind: string;
  /** Node that is wrong. */
  readonly layer: string;
  readonly direction: 'forward' | 'backward';
  readonly graph?: (graph: Graph) => Graph;
  readonly number?: {
    readonly tensor: string;
    readonly direction: 'forward' | 'backward';
    readonly change: e.Change;
  };
}

type Edit = (node: GraphNode) => GraphNode;

/** Edits of a layer, by its operator. */
const EDITS: Readonly<Record<string, readonly (readonly [string, Edit])[]>> = {
  Conv: [['padded at the end only', e.paddedAtEnd]],
  BatchNormalization: [['epsilon 1e-3', e.attributed({ epsilon: float(1e-3) })]],
  Relu: [['leaky', e.replaced('LeakyRelu', [0], { alpha: float(0.01) })]],
  Clip: [['no lower bound', e.replaced('Min', [0, 2])]],
  Add: [['the other branch left out', e.replaced('Identity', [0])]],
  MaxPool: [['padded at the end only', e.paddedAtEnd]],
  LayerNormalization: [['epsilon 1e-3', e.attributed({ epsilon: float(1e-3) })]],
  Softmax: [['over another axis', e.attributed({ axis: int(-2) })]],
  Gelu: [['by tanh', e.attributed({ approximate: text('tanh') })]],
  Div: [['scores not scaled', e.replaced('Identity', [0])]],
  Gemm: [['no bias', (node) => ({ ...node, inputs: node.inputs.slice(0, 2) })]],
  LSTM: [['forget gate and input gate coupled', e.attributed({ input_forget: int(1) })]],
  Tanh: [['another function', e.replaced('Softsign', [0])]],
};

const VALUES: readonly (readonly [string, e.Change])[] = [
  ['one channel zero', e.channelZero],
  ['one element twice as large', e.elementTimes(2)],
  ['stored as bfloat16', e.bfloat16],
  ['one channel 1 % too large', e.channelTimes(1.01)],
  ['tail left out', e.tailZero],
];

const GRADIENTS: readonly (readonly [string, e.Change])[] = [
  ['twice too large', e.times(2)],
  ['one channel zero', e.channelZero],
  ['0.1 % too large', e.times(1.001)],
  ['one element with the wrong sign', e.elementTimes(-1)],
  ['shifted by one', e.shifted],
  ['stored as bfloat16', e.bfloat16],
  ['negative parts lost', e.negativesZero],
  ['tail left out', e.tailZero],
];

/** 20 bugs, spread over kinds and over the depth of the network: 6 edits of a layer, 4 of values, 5 of input gradients, 5 of weight gradients. */
export function bugsOf(graph: Graph): readonly Bug[] {
  const ops = Object.keys(EDITS).filter((op) => nodesOf(graph, op).length > 0);
  const bugs: Bug[] = [];
  for (let k = 0; k < 6; k++) {
    const op = ops[k % ops.length] as string;
    const node = spread(nodesOf(graph, op), k, 6);
    const [what, edit] = (EDITS[op] ?? [])[0] as readonly [string, Edit];
    bugs.push({
      kind: `${op}: ${what}`,
      layer: node.name,
      direction: 'forward',
      graph: (g) => e.edited(g, node.name, edit),
    });
  }
  const layers = graph.nodes.filter(({ op }) => MAIN.has(op));
  VALUES.slice(0, 4).forEach(([what, change], k) => {
    const node = spread(layers, k, 4);
    const tensor = node.outputs[0] as string;
    const number = { tensor, direction: 'forward', change } as const;
    bugs.push({ kind: `${node.op}: ${what}`, layer: node.name, direction: 'forward', number });
  });
  for (const [slot, shift] of [
    [0, 0],
    [1, 3],
  ] as const) {
    for (let k = 0; k < 5; k++) {
      const node = spread(inner(layers, graph), slot === 0 ? 4 - k : k, 5);
      const [what, change] = GRADIENTS[(k + shift) % GRADIENTS.length] as readonly [string, e.Change];
      const number = { tensor: node.inputs[slot] as string, direction: 'backward', change } as const;
      const kind = `${node.op}: gradient of ${slot === 0 ? 'the input' : 'the weights'} ${what}`;
      bugs.push({ kind, layer: node.name, direction: 'backward', number });
    }
  }
  return bugs;
}

/** Layers with weights, where most hand-written code is. */
const MAIN = new Set(['Conv', 'Gemm', 'MatMul', 'LSTM', 'BatchNormalization', 'LayerNormalization']);

/** Those whose input is computed, and whose second operand is a parameter. */
const inner = (layers: readonly GraphNode[], { nodes, initializers }: Graph): readonly GraphNode[] => {
  const computed = new Set(nodes.flatMap((node) => node.outputs));
  return layers.filter(({ inputs }) => computed.has(inputs[0] ?? '') && initializers.has(inputs[1] ?? ''));
};

/** A window of one element has no padding to get wrong. */
const nodesOf = ({ nodes }: Graph, op: string): readonly GraphNode[] =>
  nodes.filter((node) => node.op === op && (op !== 'Conv' || e.isPadded(node)));

const spread = (nodes: readonly GraphNode[], k: number, count: number): GraphNode =>
  nodes[Math.min(nodes.length - 1, Math.floor(((k + 0.5) / count) * nodes.length))] as GraphNode;
