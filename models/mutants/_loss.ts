import type { Network } from '../../adapters/network/index.ts';
import { matrix } from '../nets/layer.ts';
import { withOutput } from './_mutant.ts';

/** One example as the loss sees it: its logits, its class, and the probabilities that belong to them. */
export interface Example {
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
  readonly target: number;
}

/** The network with another loss: the mean over the batch of what `lossOf` gives for an example. Its way back stays right. */
export function withLoss(network: Network, name: string, lossOf: (example: Example) => number): Network {
  return withOutput(network, name, (out, { input, inputs, saved }) => {
    const [B, C] = matrix(input);
    let sum = 0;
    for (let b = 0; b < B; b++) {
      const [logits, probabilities] = [input.data, saved['probabilities']!].map((all) =>
        all.subarray(b * C, b * C + C),
      );
      sum += lossOf({ logits: logits!, probabilities: probabilities!, target: inputs['target']!.data[b]! });
    }
    out[0] = sum / B;
  });
}

export function softmax(logits: Float32Array): Float32Array {
  const max = Math.max(...logits);
  const exponentials = logits.map((x) => Math.exp(x - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}
