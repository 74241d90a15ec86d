import type { BackwardContext, ForwardContext, Layer, Network, NetworkTensor } from '../../adapters/network/index.ts';
import { withOutput } from './_mutant.ts';

// One layer of a kind in each network that has it, as in _layers.ts.

export const LOOKUP = { lstm: 'tokens', gru: 'tokens', gpt: 'tokens', rotary: 'tokens' } as const;
export const LSTM = { lstm: 'lstm', bidirectional: 'lstm' } as const;
export const GRU = { gru: 'gru', gruOfThePaper: 'gru' } as const;
export const RECURRENT = { ...LSTM, ...GRU } as const;
/** Attention as one layer. */
export const ATTENTION = { gpt: 'b1.attention', gptWritten: 'b2.attention' } as const;
export const GELU = { gpt: 'b2.gelu', gptWritten: 'b1.gelu' } as const;

/** The network with one layer whose output is what it makes of something else than it was given; its way back stays right. */
export function withRerun(network: Network, name: string, read: (right: ForwardContext) => ForwardContext): Network {
  const layer = layerOf(network, name);
  return withOutput(network, name, (out, context) => {
    const { data } = layer.forward({ ...read(context), saved: {} }) as NetworkTensor;
    out.set(data);
  });
}

export function layerOf(network: Network, name: string): Layer {
  return network.layers!.find((layer) => layer.name === name)!;
}

/** The numbers with each block of so many rows of a stacked parameter [directions, blocks · H, ..] taken from where `order` says. */
export function reordered(parameter: NetworkTensor, blocks: number, order: readonly number[]): Float32Array {
  const [directions] = parameter.shape as [number];
  const size = parameter.data.length / (directions * blocks);
  return parameter.data.map((_, at) => {
    const [within, block, direction] = [at % size, Math.floor(at / size) % blocks, Math.floor(at / (size * blocks))];
    return parameter.data[(direction * blocks + order[block]!) * size + within]!;
  });
}

/** The numbers with every block of so many changed, or left, by its number. */
export function inBlocks(
  parameter: NetworkTensor,
  blocks: number,
  change: (x: number, block: number) => number,
): Float32Array {
  const [directions] = parameter.shape as [number];
  const size = parameter.data.length / (directions * blocks);
  return parameter.data.map((x, at) => change(x, Math.floor(at / size) % blocks));
}

/** How many gates a recurrent layer has: its hidden state is a fourth, or a third, of its weight's rows. */
export const gatesOf = ({ parameters }: ForwardContext | BackwardContext, layer: string): 3 | 4 =>
  parameters[`${layer}.recurrence`]!.shape[1]! === 4 * parameters[`${layer}.recurrence`]!.shape[2]! ? 4 : 3;
